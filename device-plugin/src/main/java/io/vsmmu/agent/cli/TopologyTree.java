package io.vsmmu.agent.cli;

import io.vsmmu.iommufd.topology.NodeTopology;
import io.vsmmu.iommufd.topology.PciFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** Draws a topology: SMMUs, and behind each its functions. */
final class TopologyTree {

  private static final String NO_SMMU = "behind no SMMU";

  private final NodeTopology topology;

  TopologyTree(NodeTopology topology) {
    this.topology = topology;
  }

  List<String> lines() {
    var lines = new ArrayList<String>();
    for (var smmu : topology.smmus()) {
      branch(lines, smmu.name(), functionsOf(smmu.name()));
    }
    var others = topology.functions().stream().filter(function -> function.smmu() == null).toList();
    if (!others.isEmpty()) {
      branch(lines, NO_SMMU, others);
    }
    topology.faults().forEach(fault -> lines.add("! " + fault));
    return lines;
  }

  private List<PciFunction> functionsOf(String smmu) {
    return topology.functions().stream()
        .filter(function -> Objects.equals(function.smmu(), smmu))
        .toList();
  }

  private static void branch(List<String> lines, String name, List<PciFunction> functions) {
    lines.add(name);
    for (var function : functions) {
      boolean last = function.equals(functions.getLast());
      lines.add((last ? "└─ " : "├─ ") + describe(function));
      var below = last ? "   ! " : "│  ! ";
      function.faults().forEach(fault -> lines.add(below + fault));
    }
  }

  private static String describe(PciFunction function) {
    return String.join(
        "  ",
        Stream.of(
                function.address().toString(),
                "%04x:%04x".formatted(function.vendor(), function.device()),
                "class %04x".formatted(function.baseClassAndSubclass()),
                "group " + (function.iommuGroup() == null ? "-" : function.iommuGroup()),
                "numa " + (function.numaNode() == null ? "-" : function.numaNode()),
                Objects.requireNonNullElse(function.driver(), "no driver"),
                Objects.requireNonNullElse(function.vfioDevice(), ""))
            .filter(word -> !word.isEmpty())
            .toList());
  }
}
