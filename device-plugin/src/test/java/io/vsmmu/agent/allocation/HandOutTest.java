package io.vsmmu.agent.allocation;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.InitialProxy;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a container that collects its allocation gets. */
class HandOutTest extends AllocationsFixture {

  private static final String FAST = "vsmmu.io/fast-nic";

  @Test
  void theVmBindsAndAttachesWhatItWasHanded() throws Exception {
    var answer = agent.allocate(ALL);
    var vm = new SimulatedKernel(node.machine(), false);

    try (var handoff = agent.take(answer)) {
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

    agent.take(answer).close();

    assertThat(agent.only().state()).isEqualTo(AllocationState.PREPARED);
    assertThat(agent.only().manifest()).isNull();
    try (var again = agent.take(answer)) {
      assertThat(again.manifest().viommus()).hasSize(1);
    }
  }

  @Test
  void oneClientAtATime() throws Exception {
    var answer = agent.allocate(FIRST);

    try (var _ = agent.take(answer)) {
      assertThatThrownBy(() -> agent.take(answer))
          .isInstanceOf(AllocationException.class)
          .hasMessageContaining("another client");
    }
  }

  @Test
  void aRestartedContainerGetsAFreshContextOnceTheOldOneIsGone() throws Exception {
    var answer = agent.allocate(FIRST);
    var vm = agent.run(answer);

    assertThatThrownBy(() -> agent.take(answer)).isInstanceOf(AllocationException.class);
    vm.exit();

    assertThat(agent.run(answer)).isNotNull();
  }

  @Test
  void whoComesWhileTheVmRunsDoesNotMakeItsTreeForgotten() throws Exception {
    agent.wish(nic(NIC, FIRST), nic(FAST, OTHER_SMMU));
    var nic = agent.allocate(FIRST);
    var fast = agent.allocations.allocate(FAST, Set.of(OTHER_SMMU));
    listOf(NIC, POD, FIRST);
    listOf(FAST, POD, OTHER_SMMU);
    var _ = agent.run(nic);
    var tree = requireNonNull(agent.view(nic).manifest());

    assertThatThrownBy(() -> agent.take(fast)).isInstanceOf(AllocationException.class);

    assertThat(agent.view(nic).manifest()).isEqualTo(tree);
    assertThat(agent.view(fast).collectedWith()).isEqualTo(nic.allocation());
    assertThat(agent.state(fast)).isEqualTo(AllocationState.HANDED_OFF);
  }

  @Test
  void afterAFaultOfOurOwnTheAllocationCanBeCollectedAllTheSame() throws Exception {
    var answer = agent.allocate(FIRST);
    var vm = agent.run(answer);
    afterRefusedBind =
        () -> {
          throw new IllegalStateException("a fault");
        };
    assertThatThrownBy(() -> agent.take(answer)).isInstanceOf(IllegalStateException.class);

    afterRefusedBind = () -> {};
    vm.exit();

    assertThat(agent.run(answer)).isNotNull();
  }

  @Test
  void twoResourcesOfOneContainerComeInOneContext() throws Exception {
    agent.wish(nic(NIC, FIRST), nic(FAST, SECOND, OTHER_SMMU));
    var nic = agent.allocate(FIRST);
    var fast = agent.allocations.allocate(FAST, Set.of(SECOND, OTHER_SMMU));
    listOf(NIC, POD, FIRST);
    listOf(FAST, POD, SECOND, OTHER_SMMU);

    var vm = agent.run(nic);

    // Of the two prepared contexts one is left, the VM's, with a parent and a vIOMMU per SMMU.
    assertThat(node.machine().usage().contexts()).isEqualTo(1);
    var asked = agent.view(nic);
    assertThat(asked.state()).isEqualTo(AllocationState.HANDED_OFF);
    var manifest = requireNonNull(asked.manifest());
    assertThat(manifest.fds())
        .containsExactly("iommufd", "vfio:" + FIRST, "vfio:" + SECOND, "vfio:" + OTHER_SMMU);
    assertThat(manifest.nestingParents()).hasSize(2);
    assertThat(manifest.viommus()).hasSize(2);
    assertThat(manifest.devices().getFirst().viommu())
        .isEqualTo(manifest.devices().get(1).viommu());
    var other = agent.view(fast);
    assertThat(other.state()).isEqualTo(AllocationState.HANDED_OFF);
    assertThat(other.collectedWith()).isEqualTo(nic.allocation());
    assertThat(other.manifest()).isNull();

    vm.exit();
    assertThat(agent.run(fast)).as("after a restart by the other socket").isNotNull();
    assertThat(agent.view(nic).collectedWith()).isEqualTo(fast.allocation());
    holders.clear();
    agent.look();
    later(Duration.ofSeconds(5));
    agent.look();
    assertThat(agent.ledger.allocations())
        .extracting(Allocation::state)
        .containsOnly(AllocationState.ENDING);
  }

  @Test
  void oneClientAtATimeAlsoWhenTheyComeByTwoSockets() throws Exception {
    agent.wish(nic(NIC, FIRST), nic(FAST, OTHER_SMMU));
    var nic = agent.allocate(FIRST);
    var fast = agent.allocations.allocate(FAST, Set.of(OTHER_SMMU));
    listOf(NIC, POD, FIRST);
    listOf(FAST, POD, OTHER_SMMU);

    try (var handoff = agent.take(fast)) {
      assertThatThrownBy(() -> agent.take(nic)).hasMessageContaining("another client");
      assertThat(handoff.manifest().devices()).hasSize(2);
    }
  }

  @Test
  void theStricterProxyIsForAll() throws Exception {
    agent.wish(nic(NIC, FIRST), nic(FAST, InitialProxy.Abort, OTHER_SMMU));
    var nic = agent.allocate(FIRST);
    var _ = agent.allocations.allocate(FAST, Set.of(OTHER_SMMU));
    listOf(NIC, POD, FIRST);
    listOf(FAST, POD, OTHER_SMMU);

    try (var handoff = agent.take(nic)) {
      assertThat(handoff.manifest().initialProxy()).isEqualTo("abort");
    }
  }

  @Test
  void whatAnotherContainerHoldsStaysApart() throws Exception {
    var mine = agent.allocate(FIRST);
    var other = agent.allocate(SECOND);
    list(POD, FIRST);
    list(new PodContainer("default", "vm", null, "sidecar"), SECOND);

    try (var handoff = agent.take(mine)) {
      assertThat(handoff.manifest().devices()).hasSize(1);
    }
    assertThat(agent.view(other).manifest()).isNotNull();
  }

  @Test
  void kubeVirtGetsTheContextAlone() throws Exception {
    agent.wish(bound(NIC, "8086"));
    var answer = agent.allocate(ALL);

    try (var handoff = agent.take(answer, HandoffProtocol.KUBEVIRT)) {
      assertThat(handoff.descriptors()).hasSize(1);
      assertThat(handoff.manifest().devices()).noneMatch(HandoffManifest.HandedDevice::bound);
    }
  }

  @Test
  void anAgentThatIsKilledDuringTheHandOffTakesTheDevicesForHandedOver() throws Exception {
    var answer = agent.allocate(FIRST);
    var _ = agent.take(answer);

    agent.kill();
    agent = new Agent();

    assertThat(agent.state(answer)).isEqualTo(AllocationState.HANDED_OFF);
  }

  private static ResourceSpec nic(String resource, String... addresses) {
    return nic(resource, InitialProxy.Bypass, addresses);
  }

  private static ResourceSpec nic(String resource, InitialProxy proxy, String... addresses) {
    return new ResourceSpec(
        resource,
        Stream.of(addresses)
            .map(address -> new DeviceSelector(null, null, null, address, null, null))
            .toList(),
        null,
        null,
        null,
        proxy,
        null,
        null,
        null);
  }

  @Test
  void devicesHandedOverBoundAreInTheTree() throws Exception {
    agent.wish(bound(NIC, "8086"));
    var answer = agent.allocate(ALL);

    try (var handoff = agent.take(answer)) {
      assertThat(handoff.manifest().devices())
          .extracting(HandoffManifest.HandedDevice::bound, HandoffManifest.HandedDevice::vsid)
          .containsExactly(tuple(true, 0), tuple(true, 8), tuple(true, 16));
    }
  }
}
