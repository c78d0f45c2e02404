package io.vsmmu.agent.cli;

import io.vsmmu.iommufd.topology.NodeTopology;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.PciFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A topology in the language of Graphviz: SMMUs, the isolation groups behind them, and the
 * functions in these, with the bridges that functions are below.
 */
final class TopologyGraph {

  private final NodeTopology topology;
  private final List<String> lines = new ArrayList<>();

  TopologyGraph(NodeTopology topology) {
    this.topology = topology;
  }

  List<String> lines() {
    lines.add("digraph node {");
    lines.add("  rankdir=LR;");
    lines.add("  node [shape=box, fontname=monospace];");
    for (var smmu : topology.smmus()) {
      lines.add("  %s [shape=component];".formatted(quoted(smmu.name())));
    }
    for (var group : topology.groups()) {
      lines.add("  subgraph cluster_%d {".formatted(group.number()));
      lines.add("    label=\"group %d\";".formatted(group.number()));
      group.functions().forEach(address -> function(address, "    "));
      lines.add("  }");
    }
    topology.functions().stream()
        .filter(function -> function.iommuGroup() == null)
        .forEach(function -> function(function.address(), "  "));
    topology.functions().forEach(this::edges);
    lines.add("}");
    return lines;
  }

  private void function(PciAddress address, String indent) {
    var function = topology.function(address).orElseThrow();
    lines.add(
        "%s%s [label=\"%s\\n%04x:%04x %s\"%s];"
            .formatted(
                indent,
                quoted(address.toString()),
                address,
                function.vendor(),
                function.device(),
                Objects.requireNonNullElse(function.driver(), "no driver"),
                style(function)));
  }

  private static String style(PciFunction function) {
    if (!function.faults().isEmpty()) {
      return ", color=red";
    }
    return function.onVfio() ? ", style=bold" : function.bridge() ? ", style=dashed" : "";
  }

  private void edges(PciFunction function) {
    var smmu = function.smmu();
    if (smmu != null) {
      edge(smmu, function.address().toString(), "");
    }
    if (!function.bridges().isEmpty()) {
      edge(function.bridges().getLast().toString(), function.address().toString(), "style=dashed");
    }
    var physical = function.physicalFunction();
    if (physical != null) {
      edge(physical.toString(), function.address().toString(), "style=dotted, label=\"VF\"");
    }
  }

  private void edge(String from, String to, String attributes) {
    lines.add(
        "  %s -> %s%s;"
            .formatted(
                quoted(from), quoted(to), attributes.isEmpty() ? "" : " [" + attributes + "]"));
  }

  private static String quoted(String name) {
    return '"' + name.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
