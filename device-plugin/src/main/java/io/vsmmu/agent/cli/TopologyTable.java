package io.vsmmu.agent.cli;

import io.vsmmu.iommufd.topology.NodeTopology;
import io.vsmmu.iommufd.topology.PciFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A line for each function, for the eye and for grep. */
final class TopologyTable {

  private static final String NONE = "-";

  private final NodeTopology topology;

  TopologyTable(NodeTopology topology) {
    this.topology = topology;
  }

  List<String> lines() {
    var table =
        new Table(
            "ADDRESS", "ID", "CLASS", "SMMU", "GROUP", "NUMA", "DRIVER", "VFIO", "RESET", "SRIOV");
    for (var function : topology.functions()) {
      table.row(
          function.address().toString(),
          "%04x:%04x".formatted(function.vendor(), function.device()),
          "%06x".formatted(function.classCode()),
          text(function.smmu()),
          text(function.iommuGroup()),
          text(function.numaNode()),
          text(function.driver()),
          text(function.vfioDevice()),
          function.resetMethods().isEmpty() ? NONE : String.join(",", function.resetMethods()),
          virtualFunctions(function));
    }
    var lines = new ArrayList<>(table.lines());
    for (var function : topology.functions()) {
      function.faults().forEach(fault -> lines.add("! " + function.address() + ": " + fault));
    }
    topology.faults().forEach(fault -> lines.add("! " + fault));
    return lines;
  }

  private static String virtualFunctions(PciFunction function) {
    if (function.physicalFunction() != null) {
      return "of " + function.physicalFunction();
    }
    var virtual = function.virtualFunctions();
    return virtual == null ? NONE : virtual.enabled() + "/" + virtual.total();
  }

  private static String text(@Nullable Object value) {
    return Objects.requireNonNullElse(value, NONE).toString();
  }
}
