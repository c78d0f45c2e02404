package io.vsmmu.lab.proof;

import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.kernel.Kernel;
import java.nio.file.Path;

/** What the proofs stand on: the running kernel and two devices of this node. */
record Ground(Kernel kernel, ProofDevices devices) {
  private static final Path IOMMU = Path.of("/dev/iommu");

  IommuContext openContext() {
    return IommuContext.open(kernel, IOMMU);
  }

  VfioDevice open(TreeDevice device) {
    return VfioDevice.open(kernel, device.cdev(), device.pciAddress());
  }
}
