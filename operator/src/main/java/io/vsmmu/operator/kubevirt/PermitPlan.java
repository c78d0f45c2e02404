package io.vsmmu.operator.kubevirt;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * How KubeVirt's list should look. Entries of others stay as and where they are, also those that
 * say the same as one of ours.
 *
 * @param entries the whole list
 * @param recorded those of its entries that are ours to take away again
 */
record PermitPlan(List<PciHostDevice> entries, Set<Permit> recorded) {

  PermitPlan {
    entries = List.copyOf(entries);
    recorded = Set.copyOf(recorded);
  }

  /**
   * What is to be written.
   *
   * @param wanted what the VSmmu objects together ask for
   * @return nothing when the list is as it should be
   */
  static Optional<PermitPlan> of(Installation kubevirt, Set<Permit> wanted) {
    List<PciHostDevice> entries = new ArrayList<>();
    for (PciHostDevice entry : kubevirt.permitted()) {
      if (!kubevirt.recorded().contains(entry.permit())) {
        entries.add(entry);
      } else if (wanted.contains(entry.permit())) {
        entries.add(entry.isExternal() ? entry : PciHostDevice.of(entry.permit()));
      }
    }
    Set<Permit> recorded = new HashSet<>(kubevirt.recorded());
    recorded.retainAll(wanted);
    Set<Permit> missing = new TreeSet<>(wanted);
    missing.removeAll(kubevirt.permits());
    for (Permit permit : missing) {
      entries.add(PciHostDevice.of(permit));
      recorded.add(permit);
    }
    boolean same = entries.equals(kubevirt.permitted()) && recorded.equals(kubevirt.recorded());
    return same ? Optional.empty() : Optional.of(new PermitPlan(entries, recorded));
  }
}
