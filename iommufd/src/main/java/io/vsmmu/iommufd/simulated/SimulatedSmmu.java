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

  /** What IDR5.OAS stands for. */
  private static final List<Integer> OUTPUT_ADDRESS_BITS = List.of(32, 36, 40, 42, 44, 48, 52);

  private static final int STAGE1_ADDRESS_BITS = 48;

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

  /** The same SMMU, but the firmware promises coherence (CANWBS). */
  public SimulatedSmmu withCanWbs() {
    return new SimulatedSmmu(name, idr, iidr, aidr, true, vmids);
  }

  /** The same SMMU with so many VMIDs. */
  public SimulatedSmmu withVmids(int count) {
    return new SimulatedSmmu(name, idr, iidr, aidr, canWbs, count);
  }

  /**
   * Whether it can tell which pages devices wrote to: HTTU with dirty state, and coherent walks.
   */
  boolean tracksDirtyPages() {
    return (idr.get(0) >>> 6 & 3) == 2 && coherent();
  }

  /** What page tables of it look like. */
  IovaMap.Format pageTable(boolean stage2) {
    return new IovaMap.Format(stage2 ? outputAddressBits() : STAGE1_ADDRESS_BITS, granule());
  }

  private int outputAddressBits() {
    int oas = idr.get(5) & 7;
    if (oas >= OUTPUT_ADDRESS_BITS.size()) {
      throw new IllegalArgumentException(name + ": IDR5.OAS " + oas + " is reserved");
    }
    return OUTPUT_ADDRESS_BITS.get(oas);
  }

  private long granule() {
    if (bit(5, 4)) {
      return 4 << 10;
    }
    return bit(5, 5) ? 16 << 10 : 64 << 10;
  }

  private boolean bit(int register, int position) {
    return (idr.get(register) >>> position & 1) != 0;
  }
}
