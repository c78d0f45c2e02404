package io.vsmmu.agent.kubelet;

import static io.vsmmu.agent.inventory.DeviceState.AVAILABLE;
import static io.vsmmu.agent.kubelet.FakeInventory.device;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.vsmmu.agent.allocation.AllocationException;
import io.vsmmu.agent.allocation.Allocator;
import io.vsmmu.standin.kubelet.AdmissionException;
import io.vsmmu.standin.kubelet.ContainerGrant;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Kubelet's Allocate, answered and failed. */
class AllocateCallsTest extends DevicePluginsFixture {

  @Test
  void passesTheAllocatorsAnswerOn() throws Exception {
    inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", AVAILABLE)));
    try (var plugins = plugins(ANSWERS)) {
      await().untilAsserted(() -> assertThat(registered(plugins)).isTrue());
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isEqualTo(1));
      ContainerGrant grant = kubelet.admit(POD, "compute", Map.of(NIC, 1));
      assertThat(grant.env())
          .containsExactly(Map.entry("PCI_RESOURCE_VSMMU_IO_NIC", "0000:01:00.0"));
      assertThat(grant.devices())
          .hasEntrySatisfying(
              "/dev/iommu", node -> assertThat(node.getPermissions()).isEqualTo("mrw"));
      assertThat(grant.mounts())
          .hasEntrySatisfying(
              "/run/vsmmu",
              mount -> {
                assertThat(mount.getHostPath()).isEqualTo("/run/vsmmu/a1");
                assertThat(mount.getReadOnly()).isTrue();
              });
    }
  }

  @Test
  void failsAllocateWithTheAllocatorsReason() throws Exception {
    inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", AVAILABLE)));
    Allocator refuses =
        (resource, ids) -> {
          throw new AllocationException("0000:01:00.0 is still open elsewhere (EBUSY)");
        };
    try (var plugins = plugins(refuses)) {
      await().untilAsserted(() -> assertThat(registered(plugins)).isTrue());
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isEqualTo(1));
      assertThatThrownBy(() -> kubelet.admit(POD, "compute", Map.of(NIC, 1)))
          .isInstanceOf(AdmissionException.class)
          .hasMessageContaining("FAILED_PRECONDITION")
          .hasMessageContaining("0000:01:00.0 is still open elsewhere (EBUSY)");
      assertThat(kubelet.devicesOf(POD)).isEmpty();
    }
  }

  @Test
  void failsAllocateThatTakesTooLong() throws Exception {
    inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", AVAILABLE)));
    var never = new CountDownLatch(1);
    var interrupted = new CountDownLatch(1);
    Allocator hangs =
        (resource, ids) -> {
          try {
            never.await();
          } catch (InterruptedException e) {
            interrupted.countDown();
          }
          throw new AllocationException("gave up");
        };
    try (var plugins = plugins(hangs, KubeletTimings.DEFAULT.withAllocate(Duration.ofMillis(50)))) {
      await().untilAsserted(() -> assertThat(registered(plugins)).isTrue());
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isEqualTo(1));
      // On a busy machine one may be given up before it has begun: there is nothing to interrupt.
      await()
          .untilAsserted(() -> {
            assertThatThrownBy(() -> kubelet.admit(POD, "compute", Map.of(NIC, 1)))
                .isInstanceOf(AdmissionException.class)
                .hasMessageContaining("DEADLINE_EXCEEDED")
                .hasMessageContaining("0000:01:00.0");
            assertThat(interrupted.getCount()).isZero();
          });
    }
  }
}
