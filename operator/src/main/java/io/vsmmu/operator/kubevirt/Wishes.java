package io.vsmmu.operator.kubevirt;

import java.util.HashSet;
import java.util.Set;

/**
 * What VSmmu objects want of KubeVirt.
 *
 * @param permits entries of its list
 * @param guestTopology resources whose virtual machines are to get virtual SMMUs
 * @param withoutNesting resources of which some device is offered though its SMMU cannot nest: a
 *     virtual SMMU in front of it would keep the virtual machine from starting
 */
record Wishes(Set<Permit> permits, Set<String> guestTopology, Set<String> withoutNesting) {

  static final Wishes NONE = new Wishes(Set.of(), Set.of(), Set.of());

  Wishes {
    permits = Set.copyOf(permits);
    guestTopology = Set.copyOf(guestTopology);
    withoutNesting = Set.copyOf(withoutNesting);
  }

  /** What either wants. */
  Wishes and(Wishes other) {
    return new Wishes(
        union(permits, other.permits),
        union(guestTopology, other.guestTopology),
        union(withoutNesting, other.withoutNesting));
  }

  /**
   * The resources whose virtual machines get virtual SMMUs. It is decided before a node is chosen,
   * so that one device that cannot have one is enough for none.
   */
  Set<String> withVirtualSmmus() {
    Set<String> names = new HashSet<>(guestTopology);
    names.removeAll(withoutNesting);
    return names;
  }

  private static <T> Set<T> union(Set<T> one, Set<T> other) {
    if (one.containsAll(other)) {
      return one;
    }
    Set<T> all = new HashSet<>(one);
    all.addAll(other);
    return all;
  }
}
