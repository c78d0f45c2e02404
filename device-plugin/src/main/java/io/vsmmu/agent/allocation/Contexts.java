package io.vsmmu.agent.allocation;

import io.vsmmu.agent.inventory.NodeInventory;
import io.vsmmu.iommufd.IommuException;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.PciFunction;
import io.vsmmu.iommufd.topology.SysfsTopology;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Makes contexts from what sysfs shows at the moment: VFIO node names do not last. */
final class Contexts {

  private final Kernel kernel;
  private final Path sysfs;
  private final DeviceNodes nodes;
  private final NodeInventory inventory;

  Contexts(Surroundings surroundings, DeviceNodes nodes) {
    this.kernel = surroundings.kernel();
    this.sysfs = surroundings.sysfs();
    this.inventory = surroundings.inventory();
    this.nodes = nodes;
  }

  /**
   * The functions as they are now.
   *
   * @throws AllocationException when one is gone or on no VFIO driver
   */
  List<PciFunction> functions(List<PciAddress> addresses) throws AllocationException {
    var functions = new ArrayList<PciFunction>();
    for (var address : addresses) {
      var function =
          SysfsTopology.readFunction(sysfs, address)
              .orElseThrow(() -> new AllocationException(address + " is gone from the PCI bus"));
      if (!function.onVfio() || function.smmu() == null) {
        throw new AllocationException(
            "%s is on %s, not on a VFIO driver behind an SMMU; see the VSmmu's status"
                .formatted(address, function.driver() == null ? "no driver" : function.driver()));
      }
      functions.add(function);
    }
    return functions;
  }

  /**
   * Prepares a context for functions that are free.
   *
   * @throws AllocationException when the kernel refuses; then nothing is left
   */
  PreparedContext prepare(List<PciFunction> functions, Terms terms) throws AllocationException {
    var smmus = inventory.report().smmus();
    try {
      return PreparedContext.build(
          kernel,
          nodes,
          functions,
          smmu -> {
            var report = smmus.get(smmu);
            // Not asked yet: try, the kernel will tell.
            return report == null || report.nesting();
          },
          terms);
    } catch (IommuException e) {
      throw new AllocationException(
          "no context can be prepared for %s: %s"
              .formatted(functions.stream().map(PciFunction::address).toList(), e.getMessage()),
          e);
    }
  }
}
