package io.vsmmu.agent.inventory;

import io.vsmmu.agent.probe.Obstacle;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.iommufd.topology.NodeTopology;
import io.vsmmu.iommufd.topology.PciFunction;
import io.vsmmu.iommufd.topology.ReservedRegion;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which functions of a node belong to which resource. Bridges never do. What is not clear is
 * reported, not guessed.
 *
 * @param units the schedulable units, in the order of their lowest function
 * @param remarks what the selectors do not say clearly, one sentence each
 */
record Selection(List<Unit> units, List<String> remarks) {

  Selection {
    units = List.copyOf(units);
    remarks = List.copyOf(remarks);
  }

  /**
   * The selected functions of one isolation group.
   *
   * @param resource what they are advertised as
   * @param functions lowest first, never empty
   * @param obstacle why they can never be used as they stand; absent when they may be
   */
  record Unit(ResourceSpec resource, List<PciFunction> functions, @Nullable Obstacle obstacle) {

    Unit {
      functions = List.copyOf(functions);
    }

    PciFunction first() {
      return functions.getFirst();
    }
  }

  static Selection of(NodeTopology topology, List<ResourceSpec> resources) {
    var choices =
        topology.functions().stream()
            .filter(function -> !function.bridge())
            .map(function -> new Choice(function, matching(resources, function)))
            .filter(choice -> !choice.resources().isEmpty())
            .toList();
    var units =
        choices.stream()
            .collect(Collectors.groupingBy(Choice::place, LinkedHashMap::new, Collectors.toList()))
            .values()
            .stream()
            .flatMap(members -> units(members).stream())
            .sorted(Comparator.comparing(unit -> unit.first().address()))
            .toList();
    var remarks = new ArrayList<String>();
    resources.forEach(resource -> remarks.addAll(emptyMatches(topology, resource)));
    units.stream()
        .map(Unit::obstacle)
        .filter(obstacle -> obstacle != null)
        .map(Obstacle::message)
        .forEach(remarks::add);
    return new Selection(units, remarks);
  }

  /** A function and the resources that select it. */
  private record Choice(PciFunction function, List<ResourceSpec> resources) {

    /** The group; a function without one stands alone. */
    Object place() {
      var group = function.iommuGroup();
      return group == null ? function.address() : group;
    }

    ResourceSpec first() {
      return resources.getFirst();
    }
  }

  /** The unit of a group; one per resource when the group is torn between several. */
  private static List<Unit> units(List<Choice> members) {
    Map<ResourceSpec, List<Choice>> byResource =
        members.stream()
            .collect(Collectors.groupingBy(Choice::first, LinkedHashMap::new, Collectors.toList()));
    var units = new ArrayList<Unit>();
    for (var entry : byResource.entrySet()) {
      units.add(
          new Unit(
              entry.getKey(),
              entry.getValue().stream().map(Choice::function).toList(),
              obstacle(entry.getValue(), byResource.keySet().stream().toList())));
    }
    return units;
  }

  private static @Nullable Obstacle obstacle(List<Choice> members, List<ResourceSpec> ofGroup) {
    for (var member : members) {
      if (member.resources().size() > 1) {
        return new Obstacle(
            "SelectedTwice",
            "%s is selected by %s; make the selectors of all but one exclude it"
                .formatted(member.function().address(), names(member.resources())));
      }
    }
    if (ofGroup.size() > 1) {
      return new Obstacle(
          "GroupTorn",
          "iommu group %d is selected for %s, but a group goes to one owner; select it for one"
              .formatted(members.getFirst().function().iommuGroup(), names(ofGroup)));
    }
    return members.stream()
        .map(member -> obstacle(member.function(), member.first()))
        .filter(obstacle -> obstacle != null)
        .findFirst()
        .orElse(null);
  }

  private static @Nullable Obstacle obstacle(PciFunction function, ResourceSpec resource) {
    var address = function.address();
    if (!function.faults().isEmpty()) {
      return new Obstacle(
          "SysfsUnreadable",
          "%s: sysfs is not as it should be: %s"
              .formatted(address, String.join("; ", function.faults())));
    }
    if (function.iommuGroup() == null || function.smmu() == null) {
      return new Obstacle(
          "NoIommu",
          "%s is behind no IOMMU; enable the SMMU in firmware and kernel".formatted(address));
    }
    if (function.reservedRegions().stream().anyMatch(ReservedRegion::direct)) {
      return new Obstacle(
          "DirectReservedRegion",
          "%s: its firmware demands a direct mapping (RMR), which iommufd refuses"
              .formatted(address));
    }
    if (function.resetMethods().isEmpty() && !resource.allowNoReset()) {
      return new Obstacle(
          "NoReset",
          ("%s has no way to be reset: the next virtual machine would find it as the one before left"
                  + " it; exclude it, or accept that with allowNoReset: true")
              .formatted(address));
    }
    return null;
  }

  private static List<ResourceSpec> matching(List<ResourceSpec> resources, PciFunction function) {
    return resources.stream()
        .filter(resource ->
            resource.selectors().stream()
                .anyMatch(selector -> SelectorMatch.matches(selector, function)))
        .toList();
  }

  /** Selectors that mean nothing on this node: most often a slip of the pen. */
  private static List<String> emptyMatches(NodeTopology topology, ResourceSpec resource) {
    var remarks = new ArrayList<String>();
    for (var selector : resource.selectors()) {
      var matched =
          topology.functions().stream()
              .filter(function -> SelectorMatch.matches(selector, function))
              .toList();
      if (matched.stream().allMatch(PciFunction::bridge)) {
        remarks.add(
            "%s selects %s with %s"
                .formatted(
                    resource.name(),
                    matched.isEmpty()
                        ? "no device of this node"
                        : "nothing but bridges, which stay with the host,",
                    SelectorMatch.describe(selector)));
      }
    }
    return remarks;
  }

  private static String names(List<ResourceSpec> resources) {
    return resources.stream().map(ResourceSpec::name).collect(Collectors.joining(" and "));
  }
}
