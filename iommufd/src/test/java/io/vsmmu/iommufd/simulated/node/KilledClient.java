package io.vsmmu.iommufd.simulated.node;

import io.vsmmu.iommufd.InitialProxy;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.VmTree;
import io.vsmmu.iommufd.simulated.SimulatedMachine;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** A process that builds a tree on a small node and holds it until it is killed. */
final class KilledClient {
  static final String READY = "tree built";

  private KilledClient() {}

  public static void main(String[] args) throws InterruptedException {
    var folder = new NodeFolder(Path.of(args[0]));
    var context = IommuContext.open(new RemoteKernel(folder), folder.dev().resolve("iommu"));
    VmTree.build(context, devices(folder, SimulatedNode.small()), InitialProxy.BYPASS);
    System.out.println(READY);
    new CountDownLatch(1).await();
  }

  static List<TreeDevice> devices(NodeFolder folder, SimulatedNode node) {
    return node.devices().stream()
        .map(device ->
            new TreeDevice(
                device.pciAddress(),
                folder.placeholder(SimulatedMachine.VFIO_DEVICES.resolve(device.cdev())),
                device.smmu()))
        .toList();
  }
}
