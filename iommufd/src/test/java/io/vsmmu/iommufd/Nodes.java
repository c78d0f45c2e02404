package io.vsmmu.iommufd;

import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.simulated.SimulatedMachine;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import java.util.List;

/** Simulated nodes as trees see them. */
final class Nodes {
  private Nodes() {}

  static List<TreeDevice> devices(SimulatedNode node) {
    return node.devices().stream()
        .filter(device -> SimulatedNode.VFIO_PCI.equals(device.driver()))
        .map(device ->
            new TreeDevice(
                device.pciAddress(),
                SimulatedMachine.VFIO_DEVICES.resolve(device.cdev()),
                device.smmu()))
        .toList();
  }

  static IommuContext context(Kernel kernel) {
    return IommuContext.open(kernel, SimulatedMachine.IOMMU);
  }
}
