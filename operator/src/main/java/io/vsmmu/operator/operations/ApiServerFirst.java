package io.vsmmu.operator.operations;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the start until the API server answers. The framework asks each of its first questions
 * once, and ends the operator when one has no answer in time; the kubelet then waits longer and
 * longer before each next start, also when the API server has long been back.
 */
@Singleton
public class ApiServerFirst {

  private static final Logger log = LoggerFactory.getLogger(ApiServerFirst.class);

  /** Before the framework's own observer, which starts the controllers. */
  private static final int FIRST = 1;

  /** Less than the five minutes that the Deployment's startup probe gives. */
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final Duration patience;
  private final Duration pause;

  @Inject
  ApiServerFirst() {
    this(PATIENCE, PAUSE);
  }

  /**
   * A start with limits of its own.
   *
   * @param patience after which the framework may try, and say in its own words what is wrong
   * @param pause between two questions
   */
  ApiServerFirst(Duration patience, Duration pause) {
    this.patience = patience;
    this.pause = pause;
  }

  void await(@Observes @Priority(FIRST) StartupEvent start, KubernetesClient client)
      throws InterruptedException {
    await(client);
  }

  void await(KubernetesClient client) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    for (boolean told = false; ; told = true) {
      try {
        client.getKubernetesVersion();
        return;
      } catch (KubernetesClientException e) {
        if (System.nanoTime() - deadline >= 0) {
          return;
        }
        if (!told) {
          log.warn("waiting for the API server at {}: {}", client.getMasterUrl(), e.getMessage());
        }
        TimeUnit.NANOSECONDS.sleep(pause.toNanos());
      }
    }
  }
}
