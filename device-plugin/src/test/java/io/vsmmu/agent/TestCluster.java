package io.vsmmu.agent;

import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.vsmmu.api.v1alpha1.Names;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.lab.apiserver.ApiServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A real API server that knows the VSmmu API and has our namespace. */
public final class TestCluster implements AutoCloseable {

  private static final Path DEFINITION =
      Path.of("..", "deploy", "base", "crds", "vsmmus.vsmmu.io.yaml");

  private final ApiServer server = ApiServer.start();
  private final KubernetesClient client =
      clientOf(Config.fromKubeconfig(server.kubeconfig().toFile()));

  public TestCluster() {
    var definition =
        client.apiextensions().v1().customResourceDefinitions().load(DEFINITION.toFile()).create();
    client.resource(definition).waitUntilCondition(TestCluster::isEstablished, 2, TimeUnit.MINUTES);
    // What is established is served a moment later.
    await()
        .atMost(Duration.ofMinutes(2))
        .ignoreException(KubernetesClientException.class)
        .until(() -> client.resources(VSmmu.class).list() != null);
    client
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(Names.NAMESPACE)
                .endMetadata()
                .build())
        .create();
  }

  /** With all rights. */
  public KubernetesClient client() {
    return client;
  }

  /** Another one, for somebody who closes it. */
  public KubernetesClient newClient() {
    return clientOf(Config.fromKubeconfig(server.kubeconfig().toFile()));
  }

  /** A client that does not try again by itself, as the agent's. */
  public static KubernetesClient clientOf(Config config) {
    return new KubernetesClientBuilder()
        .withConfig(new ConfigBuilder(config).withRequestRetryBackoffLimit(0).build())
        .build();
  }

  @Override
  public void close() {
    client.close();
    server.close();
  }

  private static boolean isEstablished(@Nullable CustomResourceDefinition definition) {
    return definition != null
        && definition.getStatus() != null
        // The server adds the status in steps.
        && definition.getStatus().getConditions() != null
        && definition.getStatus().getConditions().stream()
            .anyMatch(condition ->
                condition.getType().equals("Established") && condition.getStatus().equals("True"));
  }
}
