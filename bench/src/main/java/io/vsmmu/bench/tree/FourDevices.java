package io.vsmmu.bench.tree;

import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.simulated.SimulatedDevice;
import io.vsmmu.iommufd.simulated.SimulatedMachine;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import java.util.List;

/** What the VM has that is measured: two devices behind each of two SMMUs. */
final class FourDevices {
  static final SimulatedNode NODE = node();

  private FourDevices() {}

  static List<TreeDevice> devices() {
    return NODE.devices().stream()
        .map(device ->
            new TreeDevice(
                device.pciAddress(),
                SimulatedMachine.VFIO_DEVICES.resolve(device.cdev()),
                device.smmu()))
        .toList();
  }

  private static SimulatedNode node() {
    SimulatedNode three = SimulatedNode.small();
    SimulatedDevice like = three.devices().getLast();
    return three
        .withMore(
            new SimulatedDevice(
                "0000:8a:00.0",
                like.smmu(),
                3,
                like.numaNode(),
                like.vendor(),
                like.device(),
                like.deviceClass(),
                "vfio3",
                null,
                false))
        .onVfio();
  }
}
