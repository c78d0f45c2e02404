package io.vsmmu.lab.cases;

import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.kernel.LinuxKernel;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import io.vsmmu.iommufd.simulated.SimulatedMachine;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.topology.Sysfs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.opentest4j.TestAbortedException;

/**
 * Where a case runs.
 *
 * @param iommu the node that gives contexts
 */
record Place(Kernel kernel, Path iommu, Functions functions) {

  /** Set in a node whose own kernel is to be judged. */
  static final String PROPERTY = "vsmmu.place";

  private static final Path REAL_IOMMU = Path.of("/dev/iommu");

  /** This node, or a simulated one. */
  static Place of(SimulatedNode simulated) {
    return isKernel()
        ? new Place(new LinuxKernel(), REAL_IOMMU, new RealFunctions(Sysfs.at(Path.of("/sys"))))
        : simulated(simulated);
  }

  /**
   * A simulated node, for what this node does not have.
   *
   * @throws TestAbortedException with the reason, where a real kernel is judged
   */
  static Place onlySimulated(SimulatedNode simulated, String reason) {
    if (isKernel()) {
      throw new TestAbortedException(reason);
    }
    return simulated(simulated);
  }

  IommuContext openContext() {
    return IommuContext.open(kernel, iommu);
  }

  VfioDevice open(TreeDevice device) {
    return VfioDevice.open(kernel, device.cdev(), device.pciAddress());
  }

  private static Place simulated(SimulatedNode node) {
    SimulatedKernel kernel = new SimulatedKernel(node);
    return new Place(kernel, SimulatedMachine.IOMMU, new SimulatedFunctions(kernel.machine()));
  }

  private static boolean isKernel() {
    @Nullable String place = System.getProperty(PROPERTY);
    return "kernel".equals(place);
  }

  /** The network cards of a place and their drivers. */
  interface Functions {

    /** All of them behind SMMUs, brought onto vfio-pci, by PCI address. */
    List<TreeDevice> onVfio() throws IOException;

    /** Those of the one iommu group that has two of them; on vfio-pci. */
    List<TreeDevice> ofTheSharedGroup() throws IOException;

    /** Gives one back to its host driver. */
    void giveBack(TreeDevice device) throws IOException;

    /** Takes one off any driver. */
    void unbind(TreeDevice device) throws IOException;
  }
}
