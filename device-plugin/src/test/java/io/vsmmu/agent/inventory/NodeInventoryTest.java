package io.vsmmu.agent.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vsmmu.agent.TestNode;
import io.vsmmu.agent.inventory.DeviceClaims.Purpose;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.Management;
import io.vsmmu.api.v1alpha1.Nesting;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.simulated.SimulatedDevice;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.topology.PciAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeInventoryTest {

  private static final String GPU = "vsmmu.io/gpu";
  private static final String FIRST = "0008:06:00.0";
  private static final ResourceSpec GPUS =
      ResourceSpec.of(GPU, DeviceSelector.ofIds("10de", "2941"));

  /** Two functions that share a group. */
  private static final ResourceSpec CARDS =
      ResourceSpec.of("vsmmu.io/card", DeviceSelector.ofIds("8086", "1521"));

  @TempDir Path folder;
  private final List<NodeInventory> open = new ArrayList<>();
  private final DeviceClaims claims = new DeviceClaims();
  private long generation;

  @AfterEach
  void close() {
    open.forEach(NodeInventory::close);
  }

  @Test
  void selectedDevicesAreBoundProbedAndAvailable() throws IOException {
    var node = node(SimulatedNode.graceLike());
    var inventory = inventory(node);

    var report = wish(inventory, GPUS);

    assertThat(report.inventory().resources()).containsExactly(GPU);
    assertThat(report.inventory().devices())
        .extracting(Device::id)
        .containsExactly(FIRST, "0009:06:00.0", "0018:06:00.0", "0019:06:00.0");
    assertThat(report.inventory().devices())
        .allMatch(device -> device.state() == DeviceState.AVAILABLE && device.message().isEmpty());
    assertThat(report.smmus())
        .hasSize(4)
        .allSatisfy((_, smmu) -> assertThat(smmu.nesting()).isTrue());
    assertThat(node.function(FIRST).driver()).isEqualTo("vfio-pci");
    assertThat(node.function("0000:03:00.0").driver()).isEqualTo("mlx5_core");
  }

  @Test
  void nothingIsTouchedBeforeThereIsAWish() throws IOException {
    var node = node(SimulatedNode.graceLike());
    var inventory = inventory(node);

    inventory.refresh();
    inventory.close();

    assertThat(inventory.snapshot()).isEqualTo(InventorySnapshot.EMPTY);
    assertThat(node.function(FIRST).driver()).isEqualTo("nvidia");
  }

  @Test
  void whatIsNoLongerSelectedIsGivenBack() throws IOException {
    var node = node(SimulatedNode.graceLike());
    var inventory = inventory(node);
    wish(inventory, GPUS);

    var report = wish(inventory);

    assertThat(report.inventory()).isEqualTo(InventorySnapshot.EMPTY);
    assertThat(report.boundByUs()).isEmpty();
    assertThat(node.function(FIRST).driver()).isEqualTo("nvidia");
  }

  @Test
  void aDeviceThatAContainerHasIsGivenBackAfterwards() throws IOException {
    var node = node(SimulatedNode.graceLike());
    var inventory = inventory(node);
    wish(inventory, GPUS);
    var held = claims.tryClaim(Set.of(PciAddress.parse(FIRST)), Purpose.ALLOCATION, "test");

    var report = wish(inventory);

    assertThat(report.inventory().resources()).isEmpty();
    assertThat(report.inventory().devices())
        .singleElement()
        .matches(device -> device.id().equals(FIRST))
        .matches(device -> device.reason().equals("NoLongerSelected"));
    assertThat(node.function(FIRST).driver()).isEqualTo("vfio-pci");

    held.orElseThrow().close();
    inventory.refresh();
    await().until(() -> "nvidia".equals(node.function(FIRST).driver()));
    await().until(() -> inventory.report().boundByUs().isEmpty());
  }

  @Test
  void aDeviceThatSomebodyElseHasOpenIsNotTakenFromHim() throws IOException {
    var node = node(SimulatedNode.graceLike());
    var inventory = inventory(node);
    wish(inventory, GPUS);
    var stranger = new SimulatedKernel(node.machine(), true);
    bind(node, stranger, "vfio0", FIRST);

    var report = wish(inventory);

    assertThat(node.function(FIRST).driver()).isEqualTo("vfio-pci");
    assertThat(report.boundByUs()).containsExactly(PciAddress.parse(FIRST));
    assertThat(report.remarks())
        .anyMatch(remark -> remark.contains(FIRST + " is not given back yet"));

    stranger.exit();
    inventory.refresh();
    await().until(() -> "nvidia".equals(node.function(FIRST).driver()));
  }

  @Test
  void unmanagedDevicesAreLeftOnTheirDriver() throws IOException {
    var node = node(SimulatedNode.graceLike());

    var report = wish(inventory(node), with(Management.Unmanaged, Nesting.Required));

    assertThat(report.inventory().devices())
        .allMatch(device -> device.state() == DeviceState.INELIGIBLE)
        .allMatch(device -> device.reason().equals("NotOnVfio"));
    assertThat(node.function(FIRST).driver()).isEqualTo("nvidia");
  }

  @Test
  void unmanagedDevicesOnVfioAreUsed() throws IOException {
    var report =
        wish(
            inventory(node(SimulatedNode.graceLike().onVfio())),
            with(Management.Unmanaged, Nesting.Required));

    assertThat(report.inventory().devices())
        .hasSize(4)
        .allMatch(device -> device.state() == DeviceState.AVAILABLE);
  }

  @Test
  void aDryRunTouchesNothingAndAdvertisesNothing() throws IOException {
    var node = node(SimulatedNode.graceLike());
    var inventory = inventory(node);

    var report = wish(inventory, new Wish(1, List.of(GPUS), true));

    assertThat(report.inventory().resources()).isEmpty();
    assertThat(report.inventory().devices())
        .hasSize(4)
        .allMatch(device -> device.reason().equals("DryRun"))
        .allMatch(device -> device.state() == DeviceState.INELIGIBLE)
        .first()
        .satisfies(device ->
            assertThat(device.message())
                .contains(FIRST + " would move: nvidia -> vfio-pci", "advertised as " + GPU));
    assertThat(node.function(FIRST).driver()).isEqualTo("nvidia");
  }

  @Test
  void aDryRunSaysWhatIsInTheWayAndWhatWouldBeGivenBack() throws IOException {
    var node = node(SimulatedNode.graceLike());
    var inventory = inventory(node);
    wish(inventory, GPUS);

    var report =
        wish(
            inventory,
            new Wish(
                ++generation,
                List.of(ResourceSpec.of("vsmmu.io/nic", DeviceSelector.ofIds("15b3", "1021"))),
                true));

    assertThat(report.inventory().devices())
        .hasSize(2)
        .allMatch(device -> device.reason().equals("VirtualFunctionsEnabled"));
    assertThat(report.remarks())
        .contains(FIRST + " would be given back: vfio-pci -> nvidia")
        .hasSize(4);
    assertThat(node.function(FIRST).driver()).isEqualTo("vfio-pci");
  }

  @Test
  void virtualFunctionsAreServedWhileTheirPhysicalFunctionStaysWithTheHost() throws IOException {
    var node = node(SimulatedNode.graceLike());

    var report =
        wish(
            inventory(node),
            ResourceSpec.of(
                "vsmmu.io/vf", new DeviceSelector(null, null, null, null, "0000:03:00.0", null)));

    assertThat(report.inventory().devices())
        .extracting(Device::id)
        .containsExactly("0000:03:00.1", "0000:03:00.2");
    assertThat(report.inventory().devices())
        .allMatch(device -> device.state() == DeviceState.AVAILABLE);
    assertThat(node.function("0000:03:00.0").driver()).isEqualTo("mlx5_core");
  }

  @Test
  void theFunctionsOfAGroupAreBoundAndServedAsOneDevice() throws IOException {
    var node = node(SimulatedNode.graceLike());
    var inventory = inventory(node);

    var report = wish(inventory, CARDS);

    assertThat(report.inventory().devices())
        .singleElement()
        .matches(device -> device.state() == DeviceState.AVAILABLE)
        .matches(device -> device.id().equals("0001:01:00.0") && device.functions().size() == 2);
    assertThat(node.function("0001:01:00.1").driver()).isEqualTo("vfio-pci");

    wish(inventory);
    assertThat(inventory.report().boundByUs()).isEmpty();
    assertThat(node.function("0001:01:00.0").driver()).isEqualTo("igb");
    assertThat(node.function("0001:01:00.1").driver()).isEqualTo("igb");
  }

  @Test
  void aGroupIsBoundWholeOrNotAtAll() throws IOException {
    var node = node(SimulatedNode.graceLike());
    node.netdev("0001:01:00.1", "eth1");
    node.write("1/net/route", "Iface Destination Gateway\neth1 00000000 0101A8C0\n");

    var report = wish(inventory(node), CARDS);

    assertThat(report.inventory().devices())
        .singleElement()
        .matches(device -> device.state() == DeviceState.INELIGIBLE)
        .matches(device -> device.reason().equals("InUse"));
    assertThat(node.function("0001:01:00.0").driver()).isEqualTo("igb");
    assertThat(report.boundByUs()).isEmpty();
  }

  @Test
  void anotherVfioDriverIsTakenWhenTheVSmmuNamesIt() throws IOException {
    var node = node(SimulatedNode.graceLike());
    Files.createDirectories(node.sys().resolve("bus/pci/drivers/nvgrace_gpu_vfio_pci"));
    var inventory = inventory(node);
    wish(inventory, GPUS);

    var report =
        wish(
            inventory,
            new ResourceSpec(
                GPU, GPUS.selectors(), "nvgrace_gpu_vfio_pci", null, null, null, null, null, null));

    assertThat(node.function(FIRST).driver()).isEqualTo("nvgrace_gpu_vfio_pci");
    assertThat(report.inventory().devices())
        .allMatch(device -> device.state() == DeviceState.AVAILABLE);

    wish(inventory);
    assertThat(node.function(FIRST).driver()).isEqualTo("nvidia");
  }

  @Test
  void aDeviceThatLeavesTheBusWhileAContainerHasItIsUnhealthyUntilItIsBack() throws IOException {
    var node = node(SimulatedNode.graceLike());
    var inventory = inventory(node);
    wish(inventory, GPUS);
    var _ = claims.tryClaim(Set.of(PciAddress.parse(FIRST)), Purpose.ALLOCATION, "test");

    var place = node.unplug(FIRST);
    inventory.refresh();
    await().until(() -> state(inventory, FIRST) == DeviceState.UNHEALTHY);
    assertThat(inventory.snapshot().device(FIRST).orElseThrow().reason()).isEqualTo("Vanished");

    node.plug(FIRST, place);
    inventory.refresh();
    await().until(() -> state(inventory, FIRST) == DeviceState.ALLOCATED);
  }

  @Test
  void aDeviceThatIsToLeaveTheBusWhileAContainerHasItOpenIsUnhealthy() throws IOException {
    var node = node(SimulatedNode.graceLike());
    var inventory = inventory(node);
    wish(inventory, GPUS);
    var _ = claims.tryClaim(Set.of(PciAddress.parse(FIRST)), Purpose.ALLOCATION, "test");

    node.beginRemoval(FIRST);
    inventory.refresh();
    await().until(() -> state(inventory, FIRST) == DeviceState.UNHEALTHY);

    assertThat(inventory.snapshot().device(FIRST).orElseThrow())
        .matches(device -> device.reason().equals("BeingRemoved"))
        .matches(device -> device.message().contains("end the container"));
  }

  @Test
  void aFreeDeviceThatLeavesTheBusIsNoLongerListedUntilItIsBack() throws IOException {
    var node = node(SimulatedNode.graceLike());
    var inventory = inventory(node);
    wish(inventory, GPUS);

    var place = node.unplug(FIRST);
    inventory.refresh();
    await().until(() -> inventory.snapshot().devices().size() == 3);

    node.plug(FIRST, place);
    inventory.refresh();
    await().until(() -> inventory.snapshot().devices().size() == 4);
    await().until(() -> state(inventory, FIRST) == DeviceState.AVAILABLE);
  }

  @Test
  void withoutForcedWriteBackDevicesAreIneligibleAndGoBack() throws IOException {
    var node = node(SimulatedNode.withoutNesting());
    var inventory = inventory(node);
    wish(inventory, ResourceSpec.of("vsmmu.io/nic", DeviceSelector.ofVendor("8086")));

    inventory.refresh();
    await().until(() -> inventory.report().boundByUs().isEmpty());

    assertThat(inventory.snapshot().devices())
        .hasSize(3)
        .allMatch(device -> device.state() == DeviceState.INELIGIBLE)
        .allMatch(device -> device.reason().equals("NoForcedWriteBack"))
        .allMatch(device -> device.message().contains("EOPNOTSUPP"));
  }

  @Test
  void whereNestingIsOnlyPreferredTheyAreAvailable() throws IOException {
    var report =
        wish(
            inventory(node(SimulatedNode.withoutNesting())),
            new ResourceSpec(
                "vsmmu.io/nic",
                List.of(DeviceSelector.ofVendor("8086")),
                null,
                null,
                null,
                null,
                null,
                Nesting.Preferred,
                null));

    assertThat(report.inventory().devices())
        .hasSize(3)
        .allMatch(device -> device.state() == DeviceState.AVAILABLE);
  }

  @Test
  void aDeviceThatCannotBeBoundToAContextIsIneligible() throws IOException {
    var node = node(SimulatedNode.graceLike().onVfio());
    bind(node, new SimulatedKernel(node.machine(), true), "vfio0", FIRST);

    var report = wish(inventory(node), GPUS);

    assertThat(report.inventory().device(FIRST).orElseThrow())
        .matches(device -> device.state() == DeviceState.INELIGIBLE)
        .matches(device -> device.message().contains("EINVAL"));
    assertThat(report.inventory().devicesOf(GPU))
        .filteredOn(device -> device.state() == DeviceState.AVAILABLE)
        .hasSize(3);
  }

  @Test
  void anAdvertisedDeviceThatLosesItsDriverIsUnhealthyUntilItIsBack() throws IOException {
    var node = node(SimulatedNode.graceLike().onVfio());
    var inventory = inventory(node);
    wish(inventory, with(Management.Unmanaged, Nesting.Required));

    node.sysfs().write("bus/pci/devices/" + FIRST + "/driver/unbind", FIRST);
    inventory.refresh();
    await().until(() -> state(inventory, FIRST) == DeviceState.UNHEALTHY);

    node.sysfs().write("bus/pci/devices/" + FIRST + "/driver_override", "vfio-pci");
    node.sysfs().write("bus/pci/drivers_probe", FIRST);
    inventory.refresh();
    await().until(() -> state(inventory, FIRST) == DeviceState.AVAILABLE);
  }

  @Test
  void aSiblingOnAHostDriverMakesTheGroupUnusable() throws IOException {
    var shared =
        SimulatedNode.graceLike()
            .withDevices(device ->
                device.pciAddress().equals("0000:03:00.0") ? inGroup(10, device) : device);

    var report = wish(inventory(node(shared)), GPUS);

    assertThat(report.inventory().device(FIRST).orElseThrow().state())
        .isEqualTo(DeviceState.INELIGIBLE);
    assertThat(report.inventory().device(FIRST).orElseThrow().message()).contains("0000:03:00.0");
  }

  @Test
  void listenersAreToldOfChangesOnly() throws IOException {
    var inventory = inventory(node(SimulatedNode.graceLike()));
    var told = new CopyOnWriteArrayList<InventorySnapshot>();
    try (var _ = inventory.subscribe(told::add)) {
      wish(inventory, GPUS);
      wish(inventory, GPUS);
    }

    assertThat(told).hasSize(2).first().isEqualTo(InventorySnapshot.EMPTY);
  }

  @Test
  void whatWasFoundOutAboutAnSmmuOutlivesTheAgent() throws IOException {
    var node = node(SimulatedNode.graceLike());
    wish(inventory(node), GPUS);
    close();
    var functions = node.topology().functions().stream().map(f -> f.address()).toList();
    var _ = claims.tryClaim(functions, Purpose.ALLOCATION, "containers have all devices");

    var report = wish(inventory(node), GPUS);

    assertThat(report.smmus()).hasSize(4);
    assertThat(report.inventory().devices())
        .allMatch(device -> device.state() == DeviceState.ALLOCATED);
  }

  private TestNode node(SimulatedNode simulated) {
    return new TestNode(folder, simulated);
  }

  private NodeInventory inventory(TestNode node) throws IOException {
    var inventory = node.inventory(claims);
    open.add(inventory);
    return inventory;
  }

  private NodeReport wish(NodeInventory inventory, ResourceSpec... resources) {
    return wish(inventory, new Wish(++generation, List.of(resources), false));
  }

  private static NodeReport wish(NodeInventory inventory, Wish wish) {
    inventory.wish(wish);
    await().until(() -> inventory.report().wish().equals(wish));
    return inventory.report();
  }

  private static ResourceSpec with(Management binding, Nesting nesting) {
    return new ResourceSpec(GPU, GPUS.selectors(), null, binding, null, null, null, nesting, null);
  }

  private static SimulatedDevice inGroup(int group, SimulatedDevice device) {
    return new SimulatedDevice(
        device.pciAddress(),
        device.smmu(),
        group,
        device.numaNode(),
        device.vendor(),
        device.device(),
        device.deviceClass(),
        device.cdev(),
        device.driver(),
        device.directReserved());
  }

  private static DeviceState state(NodeInventory inventory, String id) {
    return inventory.snapshot().device(id).orElseThrow().state();
  }

  private static void bind(TestNode node, SimulatedKernel process, String cdev, String address) {
    var kernel = node.kernelFor(process);
    var _ =
        VfioDevice.open(kernel, node.dev().resolve("vfio/devices").resolve(cdev), address)
            .bind(IommuContext.open(kernel, node.dev().resolve("iommu")));
  }
}
