package io.vsmmu.agent.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vsmmu.agent.TestNode;
import io.vsmmu.agent.inventory.DeviceClaims.Purpose;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.Management;
import io.vsmmu.api.v1alpha1.Nesting;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.iommufd.simulated.FaultyKernel;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.Sysfs;
import io.vsmmu.iommufd.uapi.VfioDeviceBindIommufd;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

class NodeInventoryTest extends NodeInventoryFixture {

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
  void onAKernelWithoutIommufdDevicesStayOnTheirDrivers() throws IOException {
    var node = node(SimulatedNode.graceLike());
    Files.delete(node.dev().resolve("iommu"));

    var report = wish(inventory(node), GPUS);

    assertThat(report.inventory().devices())
        .hasSize(4)
        .allMatch(device -> device.reason().equals("DeviceNodeMissing"))
        .allMatch(device -> device.message().contains("modprobe iommufd"));
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
  void ofAGroupThatTheHostUsesInPartNothingIsTakenFromItsDriver() throws IOException {
    var node = node(SimulatedNode.graceLike());
    node.netdev("0001:01:00.1", "eth1");
    node.write("1/net/route", "Iface Destination Gateway\neth1 00000000 0101A8C0\n");
    var writes = new CopyOnWriteArrayList<String>();
    var inventory =
        inventory(
            node,
            node.binder(node.sysfs((attribute, value) -> writes.add(value + " > " + attribute))),
            node.prober());

    var report = wish(inventory, CARDS);

    assertThat(report.inventory().devices())
        .singleElement()
        .matches(device -> device.reason().equals("InUse"));
    assertThat(writes).isEmpty();
  }

  @Test
  void aGroupThatCannotGoToAnotherVfioDriverStaysWholeOnItsOwn() throws IOException {
    var node = node(SimulatedNode.graceLike());
    node.driver("igb_vfio_pci");
    var refuses = new AtomicBoolean();
    var binder =
        node.binder(refusing(node, "0001:01:00.1", () -> refuses.compareAndSet(true, false)));
    var inventory = inventory(node, binder, node.prober());
    wish(inventory, CARDS);
    refuses.set(true);

    var report =
        wish(
            inventory,
            new ResourceSpec(
                CARDS.name(),
                CARDS.selectors(),
                "igb_vfio_pci",
                null,
                null,
                null,
                null,
                null,
                null));

    assertThat(report.inventory().devices())
        .singleElement()
        .matches(device -> device.reason().equals("BindFailed"));
    assertThat(node.function("0001:01:00.0").driver()).isEqualTo("vfio-pci");
    assertThat(node.function("0001:01:00.1").driver()).isEqualTo("vfio-pci");

    wish(inventory);
    assertThat(node.function("0001:01:00.0").driver()).isEqualTo("igb");
    assertThat(node.function("0001:01:00.1").driver()).isEqualTo("igb");
  }

  @Test
  void aDeviceThatCannotBeBroughtBackSaysWhereItIs() throws IOException {
    var node = node(SimulatedNode.graceLike());
    var binder = node.binder(refusing(node, FIRST, () -> true));

    var report = wish(inventory(node, binder, node.prober()), GPUS);

    assertThat(report.inventory().device(FIRST).orElseThrow())
        .matches(device -> device.reason().equals("BindFailed"))
        .matches(device -> device.message().contains("that could not be undone: writing " + FIRST));
    assertThat(node.function(FIRST).driver()).isNull();
    assertThat(report.boundByUs()).contains(PciAddress.parse(FIRST));
  }

  /** A kernel that probes no driver for a function, as long as it refuses to. */
  private static Sysfs refusing(TestNode node, String address, BooleanSupplier refuses) {
    return node.sysfs((attribute, value) -> {
      if (attribute.equals("bus/pci/drivers_probe")
          && value.equals(address)
          && refuses.getAsBoolean()) {
        throw new IOException("writing " + value + " to " + attribute + " gave ENODEV");
      }
    });
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
  void whatSomebodyElsePutOnAnotherVfioDriverIsNotResetAtEveryLook() throws IOException {
    var node = node(SimulatedNode.graceLike().onVfio());
    Files.createDirectories(node.sys().resolve("bus/pci/drivers/nvgrace_gpu_vfio_pci"));
    var kernel = new FaultyKernel(node.kernel());
    var inventory = inventory(node, kernel);
    var other =
        new ResourceSpec(
            GPU, GPUS.selectors(), "nvgrace_gpu_vfio_pci", null, null, null, null, null, null);
    wish(inventory, other);
    long probed = binds(kernel);

    var report = wish(inventory, other);

    assertThat(report.inventory().devices())
        .hasSize(4)
        .allMatch(device -> device.reason().equals("OtherVfioDriver"));
    assertThat(binds(kernel)).isEqualTo(probed);
  }

  private static long binds(FaultyKernel kernel) {
    return kernel.calls().stream()
        .filter(call -> call.name().equals(VfioDeviceBindIommufd.REQUEST.name()))
        .count();
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
}
