package io.vsmmu.lab.proof;

import io.vsmmu.iommufd.InitialProxy;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.VmTree;
import io.vsmmu.iommufd.kernel.Kernel;
import java.nio.file.Path;
import java.util.function.Consumer;

/** What the proofs stand on: the running kernel and two devices of this node. */
record Ground(Kernel kernel, ProofDevices devices) {
  private static final Path IOMMU = Path.of("/dev/iommu");

  IommuContext openContext() {
    return IommuContext.open(kernel, IOMMU);
  }

  VfioDevice open(TreeDevice device) {
    return VfioDevice.open(kernel, device.cdev(), device.pciAddress());
  }

  /** Builds a tree in a context of its own and lets a VM live in it. */
  void withVm(Consumer<MiniatureVm> life) {
    try (IommuContext context = openContext()) {
      VmTree tree = VmTree.build(context, devices.both(), InitialProxy.ABORT);
      try {
        life.accept(
            new MiniatureVm(
                kernel, tree, devices.edu().pciAddress(), devices.elsewhere().pciAddress()));
      } finally {
        // What the VM has put on the tree's objects goes with the context.
        tree.release();
      }
    }
  }
}
