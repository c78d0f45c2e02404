package io.vsmmu.agent.allocation;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vsmmu.agent.TestNode;
import io.vsmmu.agent.inventory.DeviceClaims;
import io.vsmmu.agent.inventory.DeviceState;
import io.vsmmu.agent.inventory.NodeInventory;
import io.vsmmu.agent.inventory.Wish;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.api.v1alpha1.VfioNodes;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AllocationsTest {

  private static final String NIC = "vsmmu.io/nic";
  private static final String FIRST = "0000:09:00.0";
  private static final String SECOND = "0000:0a:00.0";
  private static final String OTHER_SMMU = "0000:89:00.0";
  private static final Set<String> ALL = Set.of(FIRST, SECOND, OTHER_SMMU);
  private static final PodContainer POD = new PodContainer("default", "vm", null, "compute");

  @TempDir Path folder;
  private TestNode node;
  private Agent agent;
  private final Points points = new Points();
  private final List<DeviceHolders.Holder> holders = new ArrayList<>();
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private boolean kubeletAnswers = true;

  @BeforeEach
  void threeNicsBehindTwoSmmus() throws IOException {
    node = new TestNode(folder, SimulatedNode.small());
    agent = new Agent();
  }

  @AfterEach
  void stop() {
    agent.inventory.close();
  }

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
  void deviceNodesBelongToTheVmmsUserWhileAllocated() throws Exception {
    var cdev = node.dev().resolve("vfio/devices/vfio0");
    int me = (Integer) Files.getAttribute(cdev, "unix:uid");
    assumeTrue(me == 0, "only root can give files away");

    agent.allocate(FIRST);
    assertThat(Files.getAttribute(cdev, "unix:uid")).isEqualTo(107);

    agent.releaseAll();
    assertThat(Files.getAttribute(cdev, "unix:uid")).isEqualTo(0);
  }

  @Test
  void allocatedDevicesAreShownAsSuch() throws Exception {
    agent.allocate(FIRST);

    agent.awaitState(FIRST, DeviceState.ALLOCATED);
    agent.awaitState(SECOND, DeviceState.AVAILABLE);
  }

  @Test
  void theSameDevicesAgainSupersedeTheEarlierProposal() throws Exception {
    var first = agent.allocate(FIRST);
    var second = agent.allocate(FIRST);

    assertThat(agent.only().id()).isEqualTo(second.allocation());
    assertThat(points.served()).containsExactly(second.allocation());
    assertThatThrownBy(() -> agent.ledger.take(first.allocation(), POD))
        .isInstanceOf(AllocationException.class)
        .hasMessageContaining("no allocation " + first.allocation());
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
            null));
    var answer = agent.allocate(ALL);

    try (var handoff = agent.ledger.take(answer.allocation(), POD)) {
      assertThat(handoff.manifest().devices())
          .extracting(HandoffManifest.HandedDevice::bound, HandoffManifest.HandedDevice::vsid)
          .containsExactly(tuple(true, 0), tuple(true, 8), tuple(true, 16));
    }
  }

  @Test
  void anAllocationIsReleasedWhenKubeletNoLongerListsIt() throws Exception {
    agent.allocate(FIRST);
    list(POD, FIRST);
    agent.look();
    assertThat(agent.only().container()).isEqualTo(POD);

    holders.clear();
    agent.look();
    assertThat(agent.ledger.allocations()).isNotEmpty();
    later(Duration.ofSeconds(5));
    agent.look();

    assertNothingIsLeft();
    agent.awaitState(FIRST, DeviceState.AVAILABLE);
  }

  @Test
  void anAllocationThatKubeletHasNotListedYetIsKeptForAWhile() throws Exception {
    agent.allocate(FIRST);

    later(Duration.ofSeconds(59));
    agent.look();
    assertThat(agent.ledger.allocations()).hasSize(1);

    later(Duration.ofSeconds(2));
    agent.look();
    assertNothingIsLeft();
  }

  @Test
  void nothingIsReleasedWhileKubeletDoesNotAnswer() throws Exception {
    agent.allocate(FIRST);
    kubeletAnswers = false;

    later(Duration.ofHours(1));
    agent.look();

    assertThat(agent.ledger.allocations()).hasSize(1);
  }

  @Test
  void devicesAreFreeOnlyWhenNoProcessHasThemOpen() throws Exception {
    var vm = agent.run(agent.allocate(FIRST));
    list(POD, FIRST);
    agent.look();
    holders.clear();
    agent.look();
    later(Duration.ofSeconds(5));
    agent.look();

    assertThat(agent.only().state()).isEqualTo(AllocationState.ENDING);
    agent.awaitState(FIRST, DeviceState.ALLOCATED);

    vm.exit();
    agent.look();
    assertNothingIsLeft();
  }

  @Test
  void aRestartedAgentGoesOnWithWhatItsContainersHave() throws Exception {
    var collected = agent.allocate(FIRST);
    var vm = agent.run(collected);
    var waiting = agent.allocate(OTHER_SMMU);

    agent.kill();
    agent = new Agent();

    assertThat(points.served())
        .containsExactlyInAnyOrder(collected.allocation(), waiting.allocation());
    assertThat(agent.state(collected)).isEqualTo(AllocationState.HANDED_OFF);
    assertThat(agent.state(waiting)).isEqualTo(AllocationState.PREPARED);
    agent.awaitState(FIRST, DeviceState.ALLOCATED);
    agent.awaitState(OTHER_SMMU, DeviceState.ALLOCATED);
    assertThat(agent.run(waiting)).isNotNull();
    vm.exit();
  }

  @Test
  void aRestartDoesNotTakeAnAllocationForReleased() throws Exception {
    agent.allocate(FIRST);
    list(POD, FIRST);
    agent.look();

    agent.kill();
    later(Duration.ofHours(1));
    agent = new Agent();
    agent.look();
    assertThat(agent.only().container()).isEqualTo(POD);

    holders.clear();
    agent.look();
    later(Duration.ofSeconds(5));
    agent.look();
    assertNothingIsLeft();
  }

  private void assertNothingIsLeft() {
    assertThat(agent.ledger.allocations()).isEmpty();
    assertThat(points.served()).isEmpty();
    assertThat(node.state().resolve("allocations")).isEmptyDirectory();
  }

  private void list(PodContainer container, String... ids) {
    holders.add(new DeviceHolders.Holder(container, NIC, Set.of(ids)));
  }

  private void later(Duration time) {
    now = now.plus(time);
  }

  /** An agent from start to kill. */
  private final class Agent {
    final DeviceClaims claims = new DeviceClaims();
    final NodeInventory inventory = node.inventory(claims);
    final AllocationLedger ledger = AllocationLedger.open(node.state().resolve("allocations"));
    final Surroundings surroundings =
        new Surroundings(node.kernel(), node.sys(), node.dev(), vfioUser(), inventory, claims);
    final Allocations allocations = new Allocations(surroundings, ledger, points, () -> now);
    final ReleaseWatch releases;

    Agent() throws IOException {
      points.served.clear();
      allocations.restore();
      releases =
          new ReleaseWatch(
              ledger,
              new Release(surroundings, ledger, points, new DeviceNodes(node.dev())),
              AllocationsTest.this::holders,
              ReleaseRule.DEFAULT,
              () -> now);
      wish(ResourceSpec.of(NIC, DeviceSelector.ofVendor("8086")));
    }

    void wish(ResourceSpec resource) {
      var wish = new Wish(1, List.of(resource), false);
      inventory.wish(wish);
      await().until(() -> inventory.report().wish().equals(wish));
    }

    AllocationAnswer allocate(String... ids) throws AllocationException {
      return allocate(Set.of(ids));
    }

    AllocationAnswer allocate(Set<String> ids) throws AllocationException {
      return allocations.allocate(NIC, ids);
    }

    /** A VM that collects an allocation and binds its devices. */
    SimulatedKernel run(AllocationAnswer answer) throws AllocationException {
      var vm = new SimulatedKernel(node.machine(), false);
      try (var handoff = ledger.take(answer.allocation(), POD)) {
        var fds =
            handoff.descriptors().stream().map(fd -> node.agentProcess().pass(fd, vm)).toList();
        handoff.acknowledged();
        var context = IommuContext.adopt(vm, fds.getFirst());
        for (var fd : fds.subList(1, fds.size())) {
          VfioDevice.adopt(vm, fd, "device").bind(context);
        }
      }
      return vm;
    }

    Allocation only() {
      assertThat(ledger.allocations()).hasSize(1);
      return ledger.allocations().getFirst();
    }

    AllocationState state(AllocationAnswer answer) {
      return ledger.allocations().stream()
          .filter(allocation -> allocation.id().equals(answer.allocation()))
          .findFirst()
          .orElseThrow()
          .state();
    }

    void awaitState(String id, DeviceState state) {
      await().until(() -> inventory.snapshot().device(id).orElseThrow().state() == state);
    }

    void look() {
      releases.look();
    }

    void releaseAll() {
      later(Duration.ofHours(1));
      look();
      later(Duration.ofHours(1));
      look();
    }

    void kill() {
      inventory.close();
      node.agentProcess().exit();
    }
  }

  private List<DeviceHolders.Holder> holders() throws IOException {
    if (!kubeletAnswers) {
      throw new IOException("connection refused");
    }
    return List.copyOf(holders);
  }

  private int vfioUser() {
    return "root".equals(System.getProperty("user.name")) ? 107 : uid();
  }

  private int uid() {
    try {
      return (Integer) Files.getAttribute(folder, "unix:uid");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private final class Points implements HandoffPoints {
    final Map<String, HandoffOffer> served = new HashMap<>();
    boolean broken;

    @Override
    public Path open(HandoffOffer offer) throws IOException {
      if (broken) {
        throw new IOException("no space left on device");
      }
      served.put(offer.allocation(), offer);
      return folder(offer.allocation());
    }

    @Override
    public void close(String allocation) {
      served.remove(allocation);
    }

    Path folder(String allocation) {
      return folder.resolve("run").resolve(allocation);
    }

    Set<String> served() {
      return served.keySet();
    }
  }
}
