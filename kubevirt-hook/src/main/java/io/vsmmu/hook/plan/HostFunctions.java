package io.vsmmu.hook.plan;

import io.vsmmu.iommufd.topology.NodeTopology;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.PciFunction;
import java.util.Optional;

/** The node's PCI functions. */
@FunctionalInterface
public interface HostFunctions {

  /** Empty when the node has no such function. */
  Optional<PciFunction> function(PciAddress address);

  /** Those of a topology. */
  static HostFunctions of(NodeTopology topology) {
    return topology::function;
  }
}
