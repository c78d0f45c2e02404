package io.vsmmu.operator.webhook;

import static io.vsmmu.operator.cluster.Cluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vsmmu.operator.cluster.WebhookOnLoopback;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class WebhookLivenessTest {

  @Test
  void asLongAsTheApiServerIsSilentItIsNotReadyAndSaysSoAtOnce() throws Exception {
    Vertx vertx = Vertx.vertx();
    // Takes connections and never says a word.
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        KubernetesClient client =
            new KubernetesClientBuilder()
                .withConfig(
                    new ConfigBuilder()
                        .withMasterUrl("http://127.0.0.1:" + silent.getLocalPort())
                        .build())
                .build()) {
      Webhook webhook =
          new Webhook(
              client,
              WebhookOnLoopback.atAFreePort(),
              vertx,
              new SimpleMeterRegistry(),
              Clock.systemUTC());
      webhook.start(() -> {});
      FutureTask<Standing> kept = new FutureTask<>(() -> webhook.keep(Set.of("vsmmu.io/nic")));
      Thread keeper = Thread.ofPlatform().start(kept);
      eventually().until(() -> keeper.getState() == Thread.State.TIMED_WAITING);

      assertThat(CompletableFuture.supplyAsync(webhook::isServing))
          .succeedsWithin(Duration.ofSeconds(10))
          .isEqualTo(false);

      // Nor does who waits hold up the end.
      webhook.stop();
      assertThat(kept).succeedsWithin(Duration.ofSeconds(10)).isEqualTo(new Standing.Off());
    } finally {
      vertx.close();
    }
  }
}
