package io.vsmmu.agent.allocation;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vsmmu.agent.inventory.Device;
import io.vsmmu.agent.inventory.DeviceState;
import io.vsmmu.agent.inventory.Wish;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.api.v1alpha1.VfioNodes;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What Allocate answers, and what it leaves when it fails. */
class AllocateTest extends AllocationsFixture {

  @Test
  void theAnswerNamesWhatTheContainerGets() throws Exception {
    var answer = agent.allocate(FIRST, OTHER_SMMU);

    assertThat(answer.env())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "PCI_RESOURCE_VSMMU_IO_NIC",
                FIRST + "," + OTHER_SMMU,
                "VSMMU_HANDOFF",
                "/run/vsmmu/handoff.sock"));
    assertThat(answer.devices())
        .extracting(device -> device.container().toString())
        .containsExactly(
            "/dev/iommu",
            "/dev/vfio/vfio",
            "/dev/vfio/0",
            "/dev/vfio/2",
            "/dev/vfio/devices/vfio0",
            "/dev/vfio/devices/vfio2");
    assertThat(answer.devices()).allMatch(device -> Files.exists(device.host()));
    assertThat(answer.mounts())
        .containsExactly(
            new AllocationAnswer.Mount(
                points.folder(answer.allocation()), Path.of("/run/vsmmu"), true));
  }

  @Test
  void onlyCharacterDevicesWhenAskedFor() throws Exception {
    agent.wish(
        new ResourceSpec(
            NIC,
            List.of(DeviceSelector.ofVendor("8086")),
            null,
            null,
            VfioNodes.CdevOnly,
            null,
            null,
            null,
            null));

    assertThat(agent.allocate(FIRST).devices())
        .extracting(device -> device.container().toString())
        .containsExactly("/dev/iommu", "/dev/vfio/devices/vfio0");
  }

  @Test
  void oneContextIsPreparedForDevicesBehindTwoSmmus() throws Exception {
    var answer = agent.allocate(ALL);

    var manifest = requireNonNull(agent.only().manifest());
    assertThat(manifest.allocation()).isEqualTo(answer.allocation());
    assertThat(manifest.fds())
        .containsExactly("iommufd", "vfio:" + FIRST, "vfio:" + SECOND, "vfio:" + OTHER_SMMU);
    assertThat(manifest.nestingParents()).hasSize(2);
    assertThat(manifest.viommus()).hasSize(2);
    assertThat(manifest.devices())
        .extracting(HandoffManifest.HandedDevice::pciAddress)
        .containsExactly(FIRST, SECOND, OTHER_SMMU);
    assertThat(manifest.devices()).allMatch(device -> !device.bound() && device.vsid() == null);
  }

  @Test
  void deviceNodesBelongToTheVmmsUserWhileAllocated() throws Exception {
    var cdev = node.dev().resolve("vfio/devices/vfio0");
    int me = (Integer) Files.getAttribute(cdev, "unix:uid");

    agent.allocate(FIRST);
    // Only root can give files away; for anybody else it is his own name.
    assertThat(Files.getAttribute(cdev, "unix:uid")).isEqualTo(vfioUser());

    agent.releaseAll();
    assertThat(Files.getAttribute(cdev, "unix:uid")).isEqualTo(me);
  }

  @Test
  void allocatedDevicesAreShownAsSuch() throws Exception {
    agent.allocate(FIRST);

    agent.awaitState(FIRST, DeviceState.ALLOCATED);
    agent.awaitState(SECOND, DeviceState.AVAILABLE);
  }

  @Test
  void theSameDevicesAgainAreAnsweredAsBefore() throws Exception {
    // Once for a pod's init container, once for the container that goes on with its devices: the
    // first answer names a directory that must stay.
    var forInit = agent.allocate(FIRST, SECOND);
    var contexts = node.machine().usage();

    assertThat(agent.allocate(SECOND, FIRST)).isEqualTo(forInit);

    assertThat(agent.only().id()).isEqualTo(forInit.allocation());
    assertThat(node.machine().usage()).isEqualTo(contexts);
  }

  @Test
  void devicesThatKubeletListedForAnotherPodAreMadeAnew() throws Exception {
    var first = agent.allocate(FIRST);
    list(POD, FIRST);
    agent.look();

    var second = agent.allocate(FIRST);

    assertThat(agent.only().id()).isEqualTo(second.allocation()).isNotEqualTo(first.allocation());
  }

  @Test
  void moreDevicesSupersedeTheEarlierProposal() throws Exception {
    var first = agent.allocate(FIRST);
    var second = agent.allocate(FIRST, SECOND);

    assertThat(agent.only().id()).isEqualTo(second.allocation());
    assertThat(points.served()).containsExactly(second.allocation());
    assertThatThrownBy(() -> agent.take(first))
        .isInstanceOf(AllocationException.class)
        .hasMessageContaining("no allocation " + first.allocation());
  }

  @Test
  void whatAContainerHasIsNotTakenFromItUnderAnotherName() throws Exception {
    var answer = agent.allocate(FIRST);
    list(POD, FIRST);
    agent.look();
    var renamed = ResourceSpec.of("vsmmu.io/fast-nic", DeviceSelector.ofVendor("8086"));
    agent.wish(new Wish(2, List.of(renamed), false));

    assertThat(agent.inventory.snapshot().devicesOf("vsmmu.io/fast-nic"))
        .extracting(Device::id)
        .containsExactly(SECOND, OTHER_SMMU);
    // Also when it is not known any more under which name it was advertised.
    agent.kill();
    first = renamed;
    beforeFirstWish = inventory -> inventory.held(List.of());
    agent = new Agent();
    assertThatThrownBy(() -> agent.allocations.allocate("vsmmu.io/fast-nic", Set.of(FIRST)))
        .isInstanceOf(AllocationException.class)
        .hasMessageContaining("a container has it as [" + FIRST + "] of " + NIC);

    assertThat(agent.only().state()).isEqualTo(AllocationState.PREPARED);
    agent.run(answer).exit();
  }

  @Test
  void devicesThatARunningContainerHoldsAreRefused() throws Exception {
    var vm = agent.run(agent.allocate(FIRST));

    assertThatThrownBy(() -> agent.allocate(FIRST))
        .isInstanceOf(AllocationException.class)
        .hasMessageContaining("still has its devices open")
        .hasMessageContaining(FIRST);

    vm.exit();
    assertThat(agent.allocate(FIRST).allocation()).isNotEmpty();
  }

  @Test
  void aVmThatIsDyingIsWaitedFor() throws Exception {
    patience = Duration.ofSeconds(30);
    var refusals = new AtomicInteger();
    var vm = new AtomicReference<SimulatedKernel>();
    agent.kill();
    afterRefusedBind =
        () -> {
          if (refusals.incrementAndGet() == 2) {
            vm.get().exit();
          }
        };
    agent = new Agent();
    agent.awaitState(FIRST, DeviceState.AVAILABLE);
    vm.set(agent.run(agent.allocate(FIRST)));

    assertThat(agent.allocate(FIRST).allocation()).isNotEmpty();

    assertThat(refusals).hasValue(2);
  }

  @Test
  void aDeviceThatDoesNotAnswerAfterItsResetIsRefusedAndUnhealthyUntilItDoes() throws Exception {
    agent.awaitState(FIRST, DeviceState.AVAILABLE);
    node.silence(FIRST);

    assertThatThrownBy(() -> agent.allocate(FIRST, SECOND))
        .isInstanceOf(AllocationException.class)
        .hasMessageContaining(FIRST + " does not answer");

    assertNothingIsLeft();
    agent.awaitState(FIRST, DeviceState.UNHEALTHY);
    assertThat(agent.inventory.snapshot().device(FIRST).orElseThrow().reason())
        .isEqualTo("NotAnswering");
    agent.awaitState(SECOND, DeviceState.AVAILABLE);

    node.revive(FIRST);
    agent.inventory.refresh();
    agent.awaitState(FIRST, DeviceState.AVAILABLE);
    assertThat(agent.allocate(FIRST).allocation()).isNotEmpty();
  }

  @Test
  void aDeviceThatCannotBeBoundIsUnhealthyUntilItCan() throws Exception {
    agent.awaitState(OTHER_SMMU, DeviceState.AVAILABLE);
    var stranger = new SimulatedKernel(node.machine(), true);
    var kernel = node.kernelFor(stranger);
    var context = IommuContext.open(kernel, node.dev().resolve("iommu"));
    VfioDevice.open(kernel, node.dev().resolve("vfio/devices/vfio2"), OTHER_SMMU).bind(context);

    assertThatThrownBy(() -> agent.allocate(OTHER_SMMU)).hasMessageContaining("EINVAL");

    // Kubelet would give the next pod the same one.
    agent.awaitState(OTHER_SMMU, DeviceState.UNHEALTHY);
    stranger.exit();
    agent.inventory.refresh();
    agent.awaitState(OTHER_SMMU, DeviceState.AVAILABLE);
  }

  @Test
  void kubeVirtsSocketIsMountedWhereItIsServed() throws Exception {
    var resource = ResourceSpec.of(NIC, DeviceSelector.ofVendor("8086"));
    agent.wish(new Wish(1, List.of(resource), false, true));

    var answer = agent.allocate(FIRST);

    assertThat(answer.mounts())
        .containsExactly(
            new AllocationAnswer.Mount(
                points.folder(answer.allocation()), Path.of("/run/vsmmu"), true),
            new AllocationAnswer.Mount(
                points.folder(answer.allocation()).resolve("iommufd.sock"),
                Path.of("/var/run/kubevirt/iommufd.sock"),
                true));
    assertThat(requireNonNull(points.served.get(answer.allocation())).kubevirtSocket()).isTrue();
  }

  @Test
  void whoGetsDevicesBoundGetsNoKubeVirtSocket() throws Exception {
    agent.wish(new Wish(1, List.of(bound(NIC, "8086")), false, true));

    assertThat(agent.allocate(FIRST).mounts()).hasSize(1);
  }

  @Test
  void unknownDevicesAndResourcesAreRefused() {
    assertThatThrownBy(() -> agent.allocations.allocate(NIC, Set.of("0000:ff:00.0")))
        .isInstanceOf(AllocationException.class)
        .hasMessage("vsmmu.io/nic has no device 0000:ff:00.0");
    assertThatThrownBy(() -> agent.allocations.allocate("vsmmu.io/gpu", Set.of(FIRST)))
        .isInstanceOf(AllocationException.class)
        .hasMessageContaining("vsmmu.io/gpu is no resource");
    assertThatThrownBy(() -> agent.allocations.allocate(NIC, Set.of()))
        .isInstanceOf(AllocationException.class);
  }

  @Test
  void aDeviceThatCannotBeBoundLeavesNothingPrepared() throws Exception {
    var stranger = new SimulatedKernel(node.machine(), true);
    var kernel = node.kernelFor(stranger);
    var context = IommuContext.open(kernel, node.dev().resolve("iommu"));
    VfioDevice.open(kernel, node.dev().resolve("vfio/devices/vfio2"), OTHER_SMMU).bind(context);

    assertThatThrownBy(() -> agent.allocate(ALL))
        .isInstanceOf(AllocationException.class)
        .hasMessageContaining(OTHER_SMMU);

    assertNothingIsLeft();
    assertThat(agent.allocate(FIRST, SECOND).allocation()).isNotEmpty();
  }

  @Test
  void aHandoffPointThatCannotBeMadeLeavesNothingPrepared() {
    points.broken = true;

    assertThatThrownBy(() -> agent.allocate(ALL))
        .isInstanceOf(AllocationException.class)
        .hasMessageContaining("no space left");

    assertNothingIsLeft();
  }
}
