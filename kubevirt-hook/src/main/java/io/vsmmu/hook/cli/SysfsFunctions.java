package io.vsmmu.hook.cli;

import io.vsmmu.hook.plan.HostFunctions;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.PciFunction;
import io.vsmmu.iommufd.topology.SysfsTopology;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The functions of the running node: each is read when it is asked for, since a node has thousands
 * and a VM a few.
 *
 * @param root {@code /sys}
 */
record SysfsFunctions(Path root) implements HostFunctions {

  @Override
  public Optional<PciFunction> function(PciAddress address) {
    return SysfsTopology.readFunction(root, address);
  }
}
