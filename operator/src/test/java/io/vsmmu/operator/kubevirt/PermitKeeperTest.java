package io.vsmmu.operator.kubevirt;

import static io.vsmmu.operator.cluster.Cluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.time.Clock;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class PermitKeeperTest {

  /** Else who waited would write what was wanted before he waited. */
  @Test
  void whatIsWantedIsWorkedOutWhenNobodyElseWrites() throws Exception {
    GenericKubernetesResource kubevirt = new GenericKubernetesResource();
    kubevirt.setMetadata(
        new ObjectMetaBuilder().withNamespace("kubevirt").withName("kubevirt").build());
    CountDownLatch go = new CountDownLatch(1);
    AtomicBoolean asked = new AtomicBoolean();
    try (KubernetesClient nobody = new KubernetesClientBuilder().build()) {
      PermitKeeper keeper = new PermitKeeper(new KubeVirtObjects(nobody), Clock.systemUTC());
      Thread first =
          Thread.ofPlatform()
              .start(() ->
                  keeper.keep(
                      kubevirt,
                      () -> {
                        awaitUninterrupted(go);
                        return Set.of();
                      }));
      eventually().until(() -> first.getState() == Thread.State.WAITING);
      Thread second =
          Thread.ofPlatform()
              .start(() ->
                  keeper.keep(
                      kubevirt,
                      () -> {
                        asked.set(true);
                        return Set.of();
                      }));
      eventually().until(() -> second.getState() == Thread.State.BLOCKED);

      assertThat(asked).isFalse();
      go.countDown();
      first.join();
      second.join();
      assertThat(asked).isTrue();
    }
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
