package io.vsmmu.iommufd.simulated;

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

  /** Whether the kernel makes vIOMMUs on it: both stages, coherent walks, and S2FWB or CANWBS. */
  public boolean nests() {
    boolean bothStages = (idr.get(0) & 0b11) == 0b11;
    boolean coherent = (idr.get(0) & 1 << 4) != 0;
    boolean s2fwb = (idr.get(3) & 1 << 8) != 0;
    return bothStages && coherent && (s2fwb || canWbs);
  }
}
