package io.vsmmu.agent.allocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a container that collects its allocation gets. */
class HandOutTest extends AllocationsFixture {

  @Test
  void theVmBindsAndAttachesWhatItWasHanded() throws Exception {
    var answer = agent.allocate(ALL);
    var vm = new SimulatedKernel(node.machine(), false);

    try (var handoff = agent.ledger.take(answer.allocation(), POD)) {
      var manifest = handoff.manifest();
      var fds = handoff.descriptors().stream().map(fd -> node.agentProcess().pass(fd, vm)).toList();
      handoff.acknowledged();

      var context = IommuContext.adopt(vm, fds.getFirst());
      for (int i = 1; i < fds.size(); i++) {
        var handed = manifest.devices().get(i - 1);
        var device = VfioDevice.adopt(vm, fds.get(i), handed.pciAddress());
        assertThat(device.bind(context).id()).isPositive();
      }
    }
    assertThat(agent.only().state()).isEqualTo(AllocationState.HANDED_OFF);
    assertThat(agent.only().container()).isEqualTo(POD);
  }

  @Test
  void aClientThatDoesNotAcknowledgeCostsTheContextNotTheAllocation() throws Exception {
    var answer = agent.allocate(FIRST);

    agent.ledger.take(answer.allocation(), POD).close();

    assertThat(agent.only().state()).isEqualTo(AllocationState.PREPARED);
    assertThat(agent.only().manifest()).isNull();
    try (var again = agent.ledger.take(answer.allocation(), POD)) {
      assertThat(again.manifest().viommus()).hasSize(1);
    }
  }

  @Test
  void oneClientAtATime() throws Exception {
    var answer = agent.allocate(FIRST);

    try (var _ = agent.ledger.take(answer.allocation(), POD)) {
      assertThatThrownBy(() -> agent.ledger.take(answer.allocation(), POD))
          .isInstanceOf(AllocationException.class)
          .hasMessageContaining("another client");
    }
  }

  @Test
  void aRestartedContainerGetsAFreshContextOnceTheOldOneIsGone() throws Exception {
    var answer = agent.allocate(FIRST);
    var vm = agent.run(answer);

    assertThatThrownBy(() -> agent.ledger.take(answer.allocation(), POD))
        .isInstanceOf(AllocationException.class);
    vm.exit();

    assertThat(agent.run(answer)).isNotNull();
  }

  @Test
  void devicesHandedOverBoundAreInTheTree() throws Exception {
    agent.wish(
        new ResourceSpec(
            NIC,
            List.of(DeviceSelector.ofVendor("8086")),
            null,
            null,
            null,
            null,
            io.vsmmu.api.v1alpha1.Handoff.Bound,
            null,
            null));
    var answer = agent.allocate(ALL);

    try (var handoff = agent.ledger.take(answer.allocation(), POD)) {
      assertThat(handoff.manifest().devices())
          .extracting(HandoffManifest.HandedDevice::bound, HandoffManifest.HandedDevice::vsid)
          .containsExactly(tuple(true, 0), tuple(true, 8), tuple(true, 16));
    }
  }
}
