package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.topology.NodeTopology;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.PciFunction;
import io.vsmmu.iommufd.topology.ReservedRegion;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;

/** Makes a node of what another one's sysfs said. */
final class SnapshotNode {
  private static final int NO_NUMA_NODE = -1;

  private final Set<String> cdevs = new HashSet<>();

  private SnapshotNode() {}

  static SimulatedNode of(NodeTopology topology) {
    SnapshotNode names = new SnapshotNode();
    List<PciFunction> functions =
        topology.functions().stream()
            .filter(function -> function.smmu() != null && function.iommuGroup() != null)
            .filter(function -> !function.bridge())
            .toList();
    // Those that are on VFIO keep their names; the others get free ones.
    functions.stream()
        .map(PciFunction::vfioDevice)
        .filter(Objects::nonNull)
        .forEach(names.cdevs::add);
    return new SimulatedNode(
        topology.smmus().stream().map(smmu -> BuiltInNodes.smmu(smmu.name())).toList(),
        functions.stream().map(names::device).toList(),
        false,
        true);
  }

  private SimulatedDevice device(PciFunction function) {
    PciAddress physical = function.physicalFunction();
    return new SimulatedDevice(
        function.address().toString(),
        Objects.requireNonNull(function.smmu()),
        Objects.requireNonNull(function.iommuGroup()),
        Objects.requireNonNullElse(function.numaNode(), NO_NUMA_NODE),
        hex(function.vendor()),
        hex(function.device()),
        hex(function.baseClassAndSubclass()),
        Objects.requireNonNullElseGet(function.vfioDevice(), this::freeName),
        function.driver(),
        function.reservedRegions().stream().anyMatch(ReservedRegion::direct),
        !function.resetMethods().isEmpty(),
        physical == null ? null : physical.toString());
  }

  private String freeName() {
    int number = 0;
    while (!cdevs.add("vfio" + number)) {
      number++;
    }
    return "vfio" + number;
  }

  private static String hex(int id) {
    return String.format(Locale.ROOT, "%04x", id);
  }
}
