package io.vsmmu.hook.plan;

import static io.vsmmu.hook.domain.GuestAddress.of;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vsmmu.hook.domain.Domain;
import io.vsmmu.hook.domain.GuestAddress;
import io.vsmmu.hook.domain.HostDevice;
import io.vsmmu.hook.domain.Iommu;
import io.vsmmu.hook.domain.NumaCells;
import io.vsmmu.hook.domain.PciController;
import io.vsmmu.hook.plan.Plan.Expander;
import io.vsmmu.hook.plan.Plan.RootPort;
import io.vsmmu.iommufd.topology.NodeTopology;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.PciFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlannerTest {

  private static final String ONE = "smmu3.0x0000000000000001";
  private static final String TWO = "smmu3.0x0000000000000002";
  private static final PciController PORT_ON_ROOT =
      new PciController(1, PciController.ROOT_PORT, of(0, 1), null);

  private final List<PciFunction> node = new ArrayList<>();
  private final List<PciController> controllers = new ArrayList<>();
  private final List<HostDevice> devices = new ArrayList<>();
  private final List<Iommu> iommus = new ArrayList<>();
  private final List<GuestAddress> others = new ArrayList<>();
  private NumaCells numa = NumaCells.NONE;
  private String arch = "aarch64";
  private String machine = "virt";

  @Test
  void devicesOfOneSmmuShareAnExpanderAndHaveAPortEach() throws UnplaceableException {
    device("0000:01:00.0", ONE);
    device("0000:02:00.0", ONE);
    var plan = plan();
    assertThat(plan.expanders()).containsExactly(new Expander(1, 253, null));
    assertThat(plan.ports()).containsExactly(new RootPort(2, of(1, 0)), new RootPort(3, of(1, 1)));
    assertThat(plan.vsmmus()).containsExactly(1);
    assertThat(plan.addresses()).isEqualTo(Map.of(0, of(2, 0), 1, of(3, 0)));
  }

  @Test
  void devicesOfTwoSmmusHaveAnExpanderEach() throws UnplaceableException {
    device("0000:01:00.0", ONE);
    device("0009:01:00.0", TWO);
    assertThat(plan().expanders())
        .containsExactly(new Expander(1, 254, null), new Expander(2, 252, null));
  }

  @ParameterizedTest
  @ValueSource(strings = {"x86_64", "s390x"})
  void guestsOfOtherArchitecturesStayAsTheyAre(String other) throws UnplaceableException {
    arch = other;
    device("0000:01:00.0", ONE);
    assertThat(plan()).isEqualTo(Plan.NOTHING);
  }

  @Test
  void devicesBehindOtherIommusStayWhereTheyAre() throws UnplaceableException {
    device("0000:01:00.0", "dmar0");
    device("0000:02:00.0", null);
    assertThat(plan()).isEqualTo(Plan.NOTHING);
  }

  @Test
  void aDeviceThatTheGuestDoesNotSeeNeedsNoPlace() throws UnplaceableException {
    function("0000:01:00.0", ONE, null);
    devices.add(new HostDevice(PciAddress.parse("0000:01:00.0"), null, true, true));
    assertThat(plan()).isEqualTo(Plan.NOTHING);
  }

  @Test
  void anExpanderIsInTheCellOfItsDevices() throws UnplaceableException {
    numa = new NumaCells(new TreeSet<>(Set.of(0, 1)), Map.of(0, Set.of(4, 5), 1, Set.of(6)));
    function("0000:01:00.0", ONE, 6);
    function("0009:01:00.0", TWO, 9);
    devices.add(hostDevice("0000:01:00.0", null));
    devices.add(hostDevice("0009:01:00.0", null));
    assertThat(plan().expanders()).extracting(Expander::node).containsExactly(1, null);
  }

  @Test
  void withOneCellThereIsNoOther() throws UnplaceableException {
    numa = new NumaCells(new TreeSet<>(Set.of(0)), Map.of());
    function("0000:01:00.0", ONE, 6);
    devices.add(hostDevice("0000:01:00.0", null));
    assertThat(plan().expanders()).extracting(Expander::node).containsExactly(0);
  }

  @Test
  void aDeviceJoinsTheVsmmuOfItsSmmu() throws UnplaceableException {
    device("0000:01:00.0", ONE, of(3, 0));
    device("0000:02:00.0", ONE);
    controllers.add(expander(2, 200));
    controllers.add(port(3, of(2, 0)));
    iommus.add(vsmmu(2));
    var plan = plan();
    assertThat(plan.expanders()).isEmpty();
    assertThat(plan.vsmmus()).isEmpty();
    assertThat(plan.ports()).containsExactly(new RootPort(4, of(2, 1)));
    assertThat(plan.addresses()).isEqualTo(Map.of(1, of(4, 0)));
  }

  @Test
  void anExpanderThatGetsAPortGetsTheBusNumbersForIt() throws UnplaceableException {
    device("0000:01:00.0", ONE, of(3, 0));
    device("0000:02:00.0", ONE);
    controllers.add(new PciController(2, PciController.EXPANDER, null, null));
    controllers.add(port(3, of(2, 0)));
    iommus.add(vsmmu(2));
    assertThat(plan().busNrs())
        .as("libvirt would choose 254, and with it 255 for one port")
        .isEqualTo(Map.of(2, 253));
  }

  @Test
  void aVsmmuOnTheRootBusKeepsItsDevices() throws UnplaceableException {
    device("0000:01:00.0", ONE, of(1, 0));
    device("0000:02:00.0", ONE);
    controllers.add(PORT_ON_ROOT);
    iommus.add(vsmmu(0));
    var plan = plan();
    assertThat(plan.ports()).as("libvirt chooses a slot").containsExactly(new RootPort(2, null));
    assertThat(plan.addresses()).isEqualTo(Map.of(1, of(2, 0)));
  }

  @Test
  void anOverrideThatAVsmmuLacksIsAdded() throws UnplaceableException {
    device("0000:01:00.0", ONE, of(3, 0));
    controllers.add(expander(2, 200));
    controllers.add(port(3, of(2, 0)));
    iommus.add(new Iommu(Iommu.SMMUV3, 2, Map.of("accel", "on", "ats", "off")));
    var plan =
        Planner.plan(
            domain(), HostFunctions.of(topology()), new Overrides(true, null, null, 20, null));
    assertThat(plan.completed()).isEqualTo(Map.of(0, Map.of("ssidsize", "20")));
  }

  @Test
  void aPortThatADeviceLeavesDoesNotStayBehindAVsmmu() throws UnplaceableException {
    device("0000:01:00.0", ONE, of(2, 0));
    device("0009:01:00.0", TWO, of(3, 0));
    controllers.add(expander(1, 200));
    controllers.add(port(2, of(1, 0)));
    controllers.add(port(3, of(1, 1)));
    var plan = plan();
    assertThat(plan.vsmmus()).containsExactly(1, 4);
    assertThat(plan.freedPorts()).containsExactly(3);
    assertThat(plan.addresses()).isEqualTo(Map.of(1, of(5, 0)));
  }

  @Test
  void aSparePortDoesNotStayBehindAVsmmuForLibvirtToFill() throws UnplaceableException {
    device("0000:01:00.0", ONE, of(2, 0));
    controllers.add(expander(1, 200));
    controllers.add(port(2, of(1, 0)));
    controllers.add(port(3, of(1, 1)));
    controllers.add(port(4, of(1, 2)));
    controllers.add(new PciController(5, "pcie-switch-upstream-port", of(4, 0), null));
    var plan = plan();
    assertThat(plan.vsmmus()).containsExactly(1);
    assertThat(plan.freedPorts()).as("not the switch's").containsExactly(3);
    assertThat(plan.addresses()).isEmpty();
  }

  @Test
  void anExpanderWithoutRoomForTheOthersOfItsSmmuIsLeft() throws UnplaceableException {
    device("0000:01:00.0", ONE, of(2, 0));
    device("0000:02:00.0", ONE);
    controllers.add(expander(1, 254));
    controllers.add(port(2, of(1, 0)));
    var plan = plan();
    assertThat(plan.expanders()).containsExactly(new Expander(3, 251, null));
    assertThat(plan.vsmmus()).containsExactly(3);
    assertThat(plan.addresses()).isEqualTo(Map.of(0, of(4, 0), 1, of(5, 0)));
  }

  @Test
  void aBusThatADeviceAsksForBecomesItsPort() throws UnplaceableException {
    device("0000:01:00.0", ONE, of(7, 0));
    var plan = plan();
    assertThat(plan.ports()).containsExactly(new RootPort(7, of(1, 0)));
    assertThat(plan.addresses()).isEmpty();
  }

  @Test
  void indexesThatDevicesAskForAreNotTaken() throws UnplaceableException {
    device("0000:01:00.0", ONE);
    others.add(of(1, 0));
    others.add(of(3, 0));
    assertThat(plan().expanders()).extracting(Expander::index).containsExactly(2);
    assertThat(plan().ports()).extracting(RootPort::index).containsExactly(4);
  }

  @Test
  void anUnknownDeviceIsAnErrorThatNamesIt() {
    devices.add(hostDevice("0000:01:00.0", null));
    assertUnplaceable("hostdev 0000:01:00.0: this node's sysfs has no such PCI function");
  }

  @Test
  void aDeviceOfWhichSysfsDoesNotSayTheSmmuIsAnErrorThatSaysWhy() {
    function("0000:01:00.0", null, null, List.of("iommu cannot be read: Input/output error"));
    devices.add(hostDevice("0000:01:00.0", null));
    assertUnplaceable("hostdev 0000:01:00.0: ", "iommu cannot be read: Input/output error");
  }

  @Test
  void aDeviceWithoutIommufdIsAnErrorWithTheCure() {
    function("0000:01:00.0", ONE, null);
    devices.add(new HostDevice(PciAddress.parse("0000:01:00.0"), null, false, false));
    assertUnplaceable("hostdev 0000:01:00.0 (behind " + ONE + "): ", "iommufd.sock", "IOMMUFD");
  }

  @Test
  void aMachineThatHasNoVsmmusIsAnError() {
    machine = "sbsa-ref";
    device("0000:01:00.0", ONE);
    assertUnplaceable("hostdev 0000:01:00.0", "the machine type 'sbsa-ref' has no vSMMUs");
  }

  @Test
  void anIommuForTheWholeMachineIsAnError() {
    device("0000:01:00.0", ONE);
    iommus.add(new Iommu("virtio", null, Map.of()));
    assertUnplaceable("hostdev 0000:01:00.0", "<iommu model='virtio'>", "remove it");
  }

  @Test
  void aVsmmuThatIsNotAcceleratedIsAnError() {
    device("0000:01:00.0", ONE, of(3, 0));
    controllers.add(expander(2, 200));
    controllers.add(port(3, of(2, 0)));
    iommus.add(new Iommu(Iommu.SMMUV3, 2, Map.of()));
    assertUnplaceable("hostdev 0000:01:00.0", "bus 2 is not accelerated");
  }

  @Test
  void aVsmmuForDevicesOfTwoSmmusIsAnErrorThatNamesBoth() {
    device("0000:01:00.0", ONE, of(3, 0));
    device("0009:01:00.0", TWO, of(4, 0));
    controllers.add(expander(2, 200));
    controllers.add(port(3, of(2, 0)));
    controllers.add(port(4, of(2, 1)));
    iommus.add(vsmmu(2));
    assertUnplaceable("bus 2 has hostdev 0000:01:00.0", "and hostdev 0009:01:00.0");
  }

  @Test
  void aDeviceThatIsToBeOnTheRootComplexIsAnError() {
    device("0000:01:00.0", ONE, of(0, 5));
    assertUnplaceable("hostdev 0000:01:00.0", "root complex, at 0000:00:05.0", "pciAddress");
  }

  @Test
  void aBusBelowTheExpanderIsAnErrorThatSaysWhy() {
    device("0000:01:00.0", ONE, of(1, 0));
    assertUnplaceable("0000:01:00.0", "the index 2", "ask for a higher bus");
  }

  @Test
  void aSlotThatARootPortDoesNotHaveIsAnError() {
    device("0000:01:00.0", ONE, of(7, 2));
    assertUnplaceable("it is to be at 0000:07:02.0", "ask for 0000:07:00.0");
  }

  @Test
  void aBusThatTwoDevicesAskForIsAnError() {
    device("0000:01:00.0", ONE, of(7, 0));
    device("0000:02:00.0", ONE, of(7, 0));
    assertUnplaceable("another device is to be on bus 7 too");
  }

  @Test
  void anExpanderWithoutRoomForAnotherBusIsAnError() {
    device("0000:01:00.0", ONE, of(3, 0));
    device("0000:02:00.0", ONE);
    controllers.add(expander(2, 200));
    controllers.add(port(3, of(2, 0)));
    controllers.add(expander(4, 202));
    iommus.add(vsmmu(2));
    assertUnplaceable("behind expander 2 (busNr 200)");
  }

  @Test
  void moreDevicesThanSlotsAreAnError() {
    IntStream.range(0, 33).forEach(i -> device("0000:%02x:00.0".formatted(i + 1), ONE));
    assertUnplaceable("hostdev 0000:21:00.0", "no free slot", "at most 32 devices");
  }

  @Test
  void controllersThatAreTheirOwnParentsAreAnError() {
    device("0000:01:00.0", ONE);
    controllers.add(port(3, of(4, 0)));
    controllers.add(port(4, of(3, 0)));
    assertUnplaceable("PCI controller 3 is plugged into itself");
  }

  @Test
  void aFullSetOfIndexesIsAnError() {
    device("0000:01:00.0", ONE);
    IntStream.range(1, 256).forEach(i -> controllers.add(port(i, of(0, i % 31 + 1))));
    assertUnplaceable("hostdev 0000:01:00.0", "no free index");
  }

  @Test
  void withoutBusNumbersInARowThereIsNoPlace() {
    device("0000:01:00.0", ONE);
    controllers.add(expander(1, 1));
    IntStream.range(2, 252).forEach(i -> controllers.add(port(i, of(1, i % 32))));
    controllers.add(expander(252, 253));
    controllers.add(port(253, of(252, 0)));
    assertUnplaceable("hostdev 0000:01:00.0");
  }

  private void assertUnplaceable(String... parts) {
    assertThatThrownBy(this::plan)
        .isInstanceOf(UnplaceableException.class)
        .message()
        .contains(parts);
  }

  private Plan plan() throws UnplaceableException {
    return Planner.plan(domain(), HostFunctions.of(topology()), Overrides.NONE);
  }

  private NodeTopology topology() {
    return NodeTopology.of(node, List.of(), List.of());
  }

  private Domain domain() {
    return new Domain("vm", arch, machine, controllers, devices, iommus, others, numa);
  }

  private void device(String address, @Nullable String smmu) {
    device(address, smmu, null);
  }

  private void device(String address, @Nullable String smmu, @Nullable GuestAddress place) {
    function(address, smmu, null);
    devices.add(hostDevice(address, place));
  }

  private static HostDevice hostDevice(String address, @Nullable GuestAddress place) {
    return new HostDevice(PciAddress.parse(address), place, false, true);
  }

  private void function(String address, @Nullable String smmu, @Nullable Integer numaNode) {
    function(address, smmu, numaNode, List.of());
  }

  private void function(
      String address, @Nullable String smmu, @Nullable Integer numaNode, List<String> faults) {
    node.add(
        new PciFunction(
            PciAddress.parse(address),
            0x8086,
            0x10d3,
            0x020000,
            "vfio-pci",
            null,
            1,
            numaNode,
            smmu,
            null,
            null,
            null,
            List.of(),
            List.of(),
            List.of(),
            faults));
  }

  private static PciController expander(int index, int busNr) {
    return new PciController(index, PciController.EXPANDER, null, busNr);
  }

  private static PciController port(int index, GuestAddress address) {
    return new PciController(index, PciController.ROOT_PORT, address, null);
  }

  private static Iommu vsmmu(int bus) {
    return new Iommu(Iommu.SMMUV3, bus, Map.of("accel", "on"));
  }
}
