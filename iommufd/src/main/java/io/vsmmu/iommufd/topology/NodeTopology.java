package io.vsmmu.iommufd.topology;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A node's SMMUs, PCI functions and isolation groups at one moment. Functions are keyed and ordered
 * by PCI address, SMMUs by name, groups by number.
 *
 * @param functions every PCI function
 * @param smmus every SMMU, those without devices included
 * @param groups every isolation group with a PCI function in it
 * @param cpuNodes the NUMA nodes that have CPUs; empty when the kernel does not tell
 * @param faults what belongs to no function, such as a folder name that is no PCI address
 */
public record NodeTopology(
    List<PciFunction> functions,
    List<PhysicalSmmu> smmus,
    List<IommuGroup> groups,
    SortedSet<Integer> cpuNodes,
    List<String> faults) {

  /** Puts functions, SMMUs and groups in order. */
  public NodeTopology {
    functions = functions.stream().sorted(Comparator.comparing(PciFunction::address)).toList();
    smmus = smmus.stream().sorted(Comparator.comparing(PhysicalSmmu::name)).toList();
    groups = groups.stream().sorted(Comparator.comparingInt(IommuGroup::number)).toList();
    cpuNodes = Collections.unmodifiableSortedSet(new TreeSet<>(cpuNodes));
    faults = List.copyOf(faults);
  }

  /** As {@link #of(List, List, SortedSet, List)}, for a node that does not tell where CPUs are. */
  public static NodeTopology of(
      List<PciFunction> functions, List<String> smmuNames, List<String> faults) {
    return of(functions, smmuNames, Collections.emptySortedSet(), faults);
  }

  /**
   * Derives SMMUs and groups from the functions.
   *
   * @param smmuNames SMMUs known otherwise; those that functions name are added
   * @param cpuNodes the NUMA nodes that have CPUs
   */
  public static NodeTopology of(
      List<PciFunction> functions,
      List<String> smmuNames,
      SortedSet<Integer> cpuNodes,
      List<String> faults) {
    var bySmmu = membersBy(functions, PciFunction::smmu);
    var byGroup = membersBy(functions, PciFunction::iommuGroup);
    var names = new TreeSet<>(smmuNames);
    names.addAll(bySmmu.keySet());
    return new NodeTopology(
        functions,
        names.stream()
            .map(name -> new PhysicalSmmu(name, bySmmu.getOrDefault(name, List.of())))
            .toList(),
        byGroup.entrySet().stream()
            .map(group -> new IommuGroup(group.getKey(), group.getValue()))
            .toList(),
        cpuNodes,
        faults);
  }

  public Optional<PciFunction> function(PciAddress address) {
    return find(functions, PciFunction::address, address);
  }

  /**
   * The NUMA node that a function is near to, as far as a program can run there: the memory of a
   * GPU, for one, is a node without CPUs. Empty when there is none, or the platform names none.
   */
  public Optional<Integer> nodeWithCpus(PciFunction function) {
    return Optional.ofNullable(function.numaNode())
        .filter(node -> cpuNodes.isEmpty() || cpuNodes.contains(node));
  }

  public Optional<IommuGroup> group(int number) {
    return find(groups, IommuGroup::number, number);
  }

  /** By bisection: nodes have thousands of functions, and each is asked for by its address. */
  private static <T, K extends Comparable<K>> Optional<T> find(
      List<T> ordered, Function<T, K> key, K wanted) {
    int from = 0;
    int to = ordered.size();
    while (from < to) {
      int middle = (from + to) >>> 1;
      int side = key.apply(ordered.get(middle)).compareTo(wanted);
      if (side == 0) {
        return Optional.of(ordered.get(middle));
      }
      if (side < 0) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return Optional.empty();
  }

  private static <K extends Comparable<K>> SortedMap<K, List<PciAddress>> membersBy(
      List<PciFunction> functions, Function<PciFunction, @Nullable K> key) {
    var members = new TreeMap<K, List<PciAddress>>();
    for (var function : functions) {
      var of = key.apply(function);
      if (of != null) {
        members.computeIfAbsent(of, unused -> new ArrayList<>()).add(function.address());
      }
    }
    members.values().forEach(Collections::sort);
    return members;
  }
}
