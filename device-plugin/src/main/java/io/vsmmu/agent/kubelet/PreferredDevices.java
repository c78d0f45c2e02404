package io.vsmmu.agent.kubelet;

import io.vsmmu.agent.inventory.Device;
import io.vsmmu.iommufd.topology.PciAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Chooses devices so that a VM needs few virtual SMMUs, and its devices are near to each other:
 * those behind SMMUs that it needs anyway first, then an SMMU that can give all that is missing, on
 * a NUMA node that it is on anyway and with the least left over, else the one that gives most. Of
 * one SMMU's devices, those below few root ports, by the same rule.
 */
final class PreferredDevices {
  private final Map<String, Device> known;

  /** Chooses among these devices of one resource. */
  PreferredDevices(Collection<Device> known) {
    this.known = known.stream().collect(Collectors.toMap(Device::id, device -> device));
  }

  /**
   * Chooses devices for one container.
   *
   * @param available ids to choose from, the required ones among them
   * @param required ids that must be in the choice
   * @param size how many ids to choose
   * @return {@code size} ids, fewer when there are not so many
   */
  SequencedSet<String> choose(Collection<String> available, Collection<String> required, int size) {
    var chosen = new LinkedHashSet<>(new TreeSet<>(required));
    var candidates = new TreeSet<>(available);
    candidates.removeAll(chosen);
    take(candidates, chosen, size, List.of(this::smmu, this::rootPort));
    return chosen;
  }

  /**
   * Takes from as few places as can be.
   *
   * @param places tell where a device is, the place that matters most first
   */
  private void take(
      Collection<String> candidates,
      SequencedSet<String> chosen,
      int size,
      List<Function<String, String>> places) {
    if (places.isEmpty()) {
      candidates.stream().limit(Math.max(0, size - chosen.size())).forEach(chosen::add);
      return;
    }
    var place = places.getFirst();
    var within = places.subList(1, places.size());
    Map<String, List<String>> byPlace = new LinkedHashMap<>();
    for (String id : candidates) {
      byPlace.computeIfAbsent(place.apply(id), each -> new ArrayList<>()).add(id);
    }
    for (String needed : chosen.stream().map(place).distinct().toList()) {
      var there = byPlace.remove(needed);
      if (there != null) {
        take(there, chosen, size, within);
      }
    }
    while (chosen.size() < size && !byPlace.isEmpty()) {
      var next = next(byPlace, size - chosen.size(), numaNodes(chosen));
      take(Objects.requireNonNull(byPlace.remove(next)), chosen, size, within);
    }
  }

  private String next(Map<String, List<String>> byPlace, int missing, Set<Integer> numaNodes) {
    Comparator<List<String>> enough = Comparator.comparing(ids -> ids.size() < missing);
    Comparator<List<String>> most =
        Comparator.comparingInt(ids -> ids.size() < missing ? -ids.size() : 0);
    Comparator<List<String>> near =
        Comparator.comparing(ids -> !numaNodes.isEmpty() && !numaNodes.containsAll(numaNodes(ids)));
    Comparator<List<String>> fit = Comparator.comparingInt(List::size);
    return byPlace.entrySet().stream()
        .min(
            Map.Entry.comparingByValue(
                enough.thenComparing(most).thenComparing(near).thenComparing(fit)))
        .orElseThrow()
        .getKey();
  }

  private Set<Integer> numaNodes(Collection<String> ids) {
    return ids.stream()
        .map(known::get)
        .filter(Objects::nonNull)
        .map(Device::numaNode)
        .filter(Objects::nonNull)
        .collect(Collectors.toSet());
  }

  /** A device that vanished meanwhile, or has no SMMU, shares none with another. */
  private String smmu(String id) {
    Device device = known.get(id);
    String smmu = device == null ? null : device.smmu();
    return smmu == null ? id : smmu;
  }

  /** A device on the root complex shares no port with another. */
  private String rootPort(String id) {
    Device device = known.get(id);
    PciAddress port = device == null ? null : device.rootPort();
    return port == null ? id : port.toString();
  }
}
