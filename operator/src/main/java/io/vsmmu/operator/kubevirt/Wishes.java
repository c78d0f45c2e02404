package io.vsmmu.operator.kubevirt;

import java.util.HashSet;
import java.util.Set;

/**
 * What VSmmu objects want of KubeVirt.
 *
 * @param permits entries of its list
 * @param guestTopology resources whose virtual machines are to get virtual SMMUs
 */
record Wishes(Set<Permit> permits, Set<String> guestTopology) {

  static final Wishes NONE = new Wishes(Set.of(), Set.of());

  Wishes {
    permits = Set.copyOf(permits);
    guestTopology = Set.copyOf(guestTopology);
  }

  /** What either wants. */
  Wishes and(Wishes other) {
    if (permits.containsAll(other.permits) && guestTopology.containsAll(other.guestTopology)) {
      return this;
    }
    Set<Permit> allPermits = new HashSet<>(permits);
    allPermits.addAll(other.permits);
    Set<String> allTopology = new HashSet<>(guestTopology);
    allTopology.addAll(other.guestTopology);
    return new Wishes(allPermits, allTopology);
  }
}
