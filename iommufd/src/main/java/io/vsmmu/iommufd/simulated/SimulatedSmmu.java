package io.vsmmu.iommufd.simulated;

import java.util.ArrayList;
import java.util.List;

/**
 * A physical SMMUv3 of a simulated node.
 *
 * @param name as in sysfs, e.g. {@code smmu3.0x000000000c000000}
 * @param idr IDR0 to IDR5
 * @param iidr IIDR
 * @param aidr AIDR
 * @param canWbs whether the firmware promises coherence for the root complexes in front of it
 *     (IORT: CANWBS), which makes nesting possible without S2FWB
 * @param vmids how many nesting parents it can have at a time
 */
public record SimulatedSmmu(
    String name, List<Integer> idr, int iidr, int aidr, boolean canWbs, int vmids) {

  public SimulatedSmmu {
    idr = List.copyOf(idr);
    if (idr.size() != 6) {
      throw new IllegalArgumentException(name + ": IDR0 to IDR5 expected, not " + idr.size());
    }
  }

  boolean hasStage1() {
    return bit(0, 1);
  }

  boolean bothStages() {
    return bit(0, 0) && hasStage1();
  }

  /** Whether table walks are coherent; devices cannot be bound otherwise. */
  boolean coherent() {
    return bit(0, 4);
  }

  /** Whether the kernel makes vIOMMUs on it: both stages, coherent walks, and S2FWB or CANWBS. */
  public boolean nests() {
    boolean s2fwb = bit(3, 8);
    return bothStages() && coherent() && (s2fwb || canWbs);
  }

  /** The same SMMU with bits of one identification register cleared. */
  public SimulatedSmmu without(int register, int bits) {
    List<Integer> changed = new ArrayList<>(idr);
    changed.set(register, changed.get(register) & ~bits);
    return new SimulatedSmmu(name, changed, iidr, aidr, canWbs, vmids);
  }

  private boolean bit(int register, int position) {
    return (idr.get(register) >>> position & 1) != 0;
  }
}
