package io.vsmmu.agent.kubelet;

import io.vsmmu.agent.inventory.Device;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Chooses devices so that a VM needs few virtual SMMUs: those behind SMMUs that it needs anyway
 * first, then the SMMU that can give all that is missing with the least left over, else the one
 * that gives most.
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
    Map<String, List<String>> bySmmu = new LinkedHashMap<>();
    for (String id : new TreeSet<>(available)) {
      if (!chosen.contains(id)) {
        bySmmu.computeIfAbsent(smmu(id), smmu -> new ArrayList<>()).add(id);
      }
    }
    for (String smmu : chosen.stream().map(this::smmu).distinct().toList()) {
      take(bySmmu.remove(smmu), chosen, size);
    }
    while (chosen.size() < size && !bySmmu.isEmpty()) {
      take(bySmmu.remove(next(bySmmu, size - chosen.size(), numaNodes(chosen))), chosen, size);
    }
    return chosen;
  }

  private String next(Map<String, List<String>> bySmmu, int missing, List<Integer> numaNodes) {
    Comparator<Map.Entry<String, List<String>>> enough =
        Comparator.comparing(entry -> entry.getValue().size() < missing);
    Comparator<Map.Entry<String, List<String>>> fit =
        Comparator.comparingInt(entry -> {
          int size = entry.getValue().size();
          return size < missing ? -size : size;
        });
    Comparator<Map.Entry<String, List<String>>> near =
        Comparator.comparing(entry -> !numaNodes.containsAll(numaNodes(entry.getValue())));
    return bySmmu.entrySet().stream()
        .min(enough.thenComparing(fit).thenComparing(near))
        .orElseThrow()
        .getKey();
  }

  private static void take(@Nullable List<String> from, SequencedSet<String> chosen, int size) {
    if (from != null) {
      from.stream().limit(Math.max(0, size - chosen.size())).forEach(chosen::add);
    }
  }

  private List<Integer> numaNodes(Collection<String> ids) {
    return ids.stream()
        .map(known::get)
        .filter(Objects::nonNull)
        .map(Device::numaNode)
        .filter(Objects::nonNull)
        .distinct()
        .toList();
  }

  /** A device that vanished meanwhile, or has no SMMU, shares none with another. */
  private String smmu(String id) {
    Device device = known.get(id);
    String smmu = device == null ? null : device.smmu();
    return smmu == null ? id : smmu;
  }
}
