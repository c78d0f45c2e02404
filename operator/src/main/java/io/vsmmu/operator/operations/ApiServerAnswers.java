package io.vsmmu.operator.operations;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/**
 * Ready as long as the API server answers: a watch that has lost it tries again in silence, and
 * what the operator knows grows old.
 */
@Readiness
@Singleton
public class ApiServerAnswers implements HealthCheck {

  private final KubernetesClient client;

  /** A check of the API server that this client speaks to. */
  public ApiServerAnswers(KubernetesClient client) {
    this.client = client;
  }

  @Override
  public HealthCheckResponse call() {
    HealthCheckResponseBuilder response =
        HealthCheckResponse.named("the API server answers")
            .withData("address", client.getMasterUrl().toString());
    try {
      return response
          .up()
          .withData("version", client.getKubernetesVersion().getGitVersion())
          .build();
    } catch (KubernetesClientException e) {
      return response.down().withData("error", String.valueOf(e.getMessage())).build();
    }
  }
}
