package io.vsmmu.agent.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.jna.Pointer;
import io.vsmmu.agent.inventory.DeviceClaims.Purpose;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.Management;
import io.vsmmu.api.v1alpha1.Nesting;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.ForwardingKernel;
import io.vsmmu.iommufd.kernel.Ioctl;
import io.vsmmu.iommufd.kernel.KernelException;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.uapi.IommuHwptAlloc;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Devices that cannot be used, or no longer, and those that can again. */
class DeviceHealthTest extends NodeInventoryFixture {

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
  void whatIsPluggedInAgainIsProbedAgain() throws IOException {
    var node = node(SimulatedNode.graceLike());
    var inventory = inventory(node);
    wish(inventory, GPUS);
    node.silence(FIRST);

    var place = node.unplug(FIRST);
    inventory.refresh();
    await().until(() -> inventory.snapshot().devices().size() == 3);
    node.plug(FIRST, place);
    inventory.refresh();
    await().until(() -> inventory.snapshot().devices().size() == 4);

    assertThat(inventory.snapshot().device(FIRST).orElseThrow().reason()).isEqualTo("NotAnswering");
  }

  @Test
  void onAnotherVfioDriverADeviceIsProbedAgain() throws IOException {
    var node = node(SimulatedNode.graceLike());
    node.driver("nvgrace_gpu_vfio_pci");
    var inventory = inventory(node);
    wish(inventory, GPUS);
    node.silence(FIRST);

    var report =
        wish(
            inventory,
            new ResourceSpec(
                GPU, GPUS.selectors(), "nvgrace_gpu_vfio_pci", null, null, null, null, null, null));

    assertThat(report.inventory().device(FIRST).orElseThrow().reason()).isEqualTo("NotAnswering");
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
  void anSmmuWithoutAFreeVmidIsAskedAgainUntilItHasOne() throws IOException {
    var node = node(SimulatedNode.graceLike());
    var full = new AtomicBoolean(true);
    var kernel =
        new ForwardingKernel(node.kernel()) {
          @Override
          public void ioctl(int fd, Ioctl request, @Nullable Pointer argument) {
            if (full.get() && request.equals(IommuHwptAlloc.REQUEST)) {
              throw new KernelException("no VMID is left", Errno.ENOSPC);
            }
            super.ioctl(fd, request, argument);
          }
        };
    var inventory = inventory(node, kernel);

    wish(inventory, GPUS);
    var report = wish(inventory, GPUS);

    assertThat(report.inventory().devices())
        .hasSize(4)
        .allMatch(device -> device.state() == DeviceState.INELIGIBLE)
        .allMatch(device -> device.reason().equals("NoVmidLeft"));
    assertThat(node.function(FIRST).driver()).isEqualTo("vfio-pci");

    full.set(false);
    report = wish(inventory, GPUS);

    assertThat(report.inventory().devices())
        .allMatch(device -> device.state() == DeviceState.AVAILABLE);
    assertThat(report.smmus())
        .hasSize(4)
        .allSatisfy((_, smmu) -> assertThat(smmu.nesting()).isTrue());
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
  void whatCanNeverBeBoundToAContextIsBackWithTheHost() throws IOException {
    var node = node(SimulatedNode.graceLike().withoutIsolatedMsi());
    var inventory = inventory(node);

    wish(inventory, CARDS);

    assertThat(inventory.snapshot().devices())
        .singleElement()
        .matches(device -> device.state() == DeviceState.INELIGIBLE)
        .matches(device -> device.message().contains("does not isolate MSIs"));
    assertThat(inventory.report().boundByUs()).isEmpty();
    assertThat(node.function("0001:01:00.0").driver()).isEqualTo("igb");
    assertThat(node.function("0001:01:00.1").driver()).isEqualTo("igb");
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
}
