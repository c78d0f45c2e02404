package io.vsmmu.lab.cases;

import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.simulated.SimulatedDevice;
import io.vsmmu.iommufd.simulated.SimulatedMachine;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Functions of a simulated machine. */
record SimulatedFunctions(SimulatedMachine machine) implements Place.Functions {
  private static final String HOST_DRIVER = "e1000e";

  @Override
  public List<TreeDevice> onVfio() {
    return bind(device -> true);
  }

  @Override
  public List<TreeDevice> ofTheSharedGroup() {
    var sizes =
        machine.node().devices().stream()
            .collect(Collectors.groupingBy(SimulatedDevice::group, Collectors.counting()));
    return bind(device -> sizes.getOrDefault(device.group(), 0L) == 2);
  }

  @Override
  public void giveBack(TreeDevice device) {
    machine.bindDriver(device.pciAddress(), HOST_DRIVER);
  }

  @Override
  public void unbind(TreeDevice device) {
    machine.bindDriver(device.pciAddress(), null);
  }

  private List<TreeDevice> bind(Predicate<SimulatedDevice> wanted) {
    List<SimulatedDevice> devices = machine.node().devices().stream().filter(wanted).toList();
    devices.forEach(device -> machine.bindDriver(device.pciAddress(), SimulatedNode.VFIO_PCI));
    return devices.stream()
        .map(device ->
            new TreeDevice(
                device.pciAddress(),
                SimulatedMachine.VFIO_DEVICES.resolve(device.cdev()),
                device.smmu()))
        .toList();
  }
}
