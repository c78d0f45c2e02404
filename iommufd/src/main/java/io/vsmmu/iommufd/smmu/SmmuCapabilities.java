package io.vsmmu.iommufd.smmu;

import java.util.ArrayList;
import java.util.List;

/**
 * What one physical SMMUv3 can do, decoded from the registers that GET_HW_INFO hands out (Arm
 * SMMUv3 architecture, chapter 6.3). The kernel passes the hardware's registers on: what a VM can
 * use may be less. Values that the architecture reserves are passed on, not refused: hardware may
 * be newer than this class.
 *
 * @param stage1 IDR0.S1P
 * @param stage2 IDR0.S2P
 * @param coherent IDR0.COHACC: table walks are coherent
 * @param httu IDR0.HTTU: hardware updates of table entries
 * @param ats IDR0.ATS
 * @param pri IDR0.PRI
 * @param asid16 IDR0.ASID16: 16-bit ASIDs, 8-bit otherwise
 * @param vmid16 IDR0.VMID16: 16-bit VMIDs, 8-bit otherwise
 * @param stall IDR0.STALL_MODEL
 * @param twoLevelContexts IDR0.CD2L
 * @param sidSize IDR1.SIDSIZE: bits of a stream id, 0 to 32
 * @param ssidSize IDR1.SSIDSIZE: bits of a substream id (PASID), 0 to 20
 * @param s2fwb IDR3.FWB: stage 2 can force write-back, which nesting needs unless the platform
 *     guarantees coherence
 * @param ril IDR3.RIL: range invalidation
 * @param bbml IDR3.BBML: break-before-make level, 0 to 2
 * @param oas IDR5.OAS: bits of an output address, 32 to 56
 * @param granules IDR5.GRAN4K, GRAN16K, GRAN64K, as {@code 4K}, {@code 16K}, {@code 64K}
 * @param vax IDR5.VAX: bits of an input address, 48 to 56; 0 for the reserved value
 * @param architecture AIDR: minor version of SMMUv3, e.g. 2 for SMMUv3.2
 * @param iidr IIDR as read: implementer and product
 */
public record SmmuCapabilities(
    boolean stage1,
    boolean stage2,
    boolean coherent,
    TableUpdates httu,
    boolean ats,
    boolean pri,
    boolean asid16,
    boolean vmid16,
    StallModel stall,
    boolean twoLevelContexts,
    int sidSize,
    int ssidSize,
    boolean s2fwb,
    boolean ril,
    int bbml,
    int oas,
    List<String> granules,
    int vax,
    int architecture,
    int iidr) {

  /** IDR0.HTTU. */
  public enum TableUpdates {
    NONE,
    ACCESS,
    ACCESS_AND_DIRTY,
    /** Access flags of table descriptors as well (SMMUv3.4). */
    ACCESS_AND_DIRTY_AND_TABLES
  }

  /** IDR0.STALL_MODEL. */
  public enum StallModel {
    SUPPORTED,
    NONE,
    FORCED,
    RESERVED
  }

  private static final int[] INPUT_ADDRESS_BITS = {48, 52, 56, 0};
  private static final int[] OUTPUT_ADDRESS_BITS = {32, 36, 40, 42, 44, 48, 52, 56};

  public SmmuCapabilities {
    granules = List.copyOf(granules);
  }

  /** Whether both stages are there; not whether the kernel can nest them on this platform. */
  public boolean bothStages() {
    return stage1 && stage2;
  }

  /**
   * Reads the fields of the registers.
   *
   * @param idr IDR0 to IDR5
   * @throws IllegalArgumentException for another number of registers
   */
  public static SmmuCapabilities decode(int[] idr, int iidr, int aidr) {
    if (idr.length != 6) {
      throw new IllegalArgumentException("IDR0 to IDR5 expected, not " + idr.length);
    }
    Register idr0 = new Register(idr[0]);
    Register idr1 = new Register(idr[1]);
    Register idr3 = new Register(idr[3]);
    Register idr5 = new Register(idr[5]);
    List<String> granules = new ArrayList<>();
    if (idr5.bit(4)) {
      granules.add("4K");
    }
    if (idr5.bit(5)) {
      granules.add("16K");
    }
    if (idr5.bit(6)) {
      granules.add("64K");
    }
    return new SmmuCapabilities(
        idr0.bit(1),
        idr0.bit(0),
        idr0.bit(4),
        TableUpdates.values()[idr0.bits(7, 6)],
        idr0.bit(10),
        idr0.bit(16),
        idr0.bit(12),
        idr0.bit(18),
        StallModel.values()[idr0.bits(25, 24)],
        idr0.bit(19),
        idr1.bits(5, 0),
        idr1.bits(10, 6),
        idr3.bit(8),
        idr3.bit(10),
        idr3.bits(12, 11),
        OUTPUT_ADDRESS_BITS[idr5.bits(2, 0)],
        granules,
        INPUT_ADDRESS_BITS[idr5.bits(11, 10)],
        new Register(aidr).bits(3, 0),
        iidr);
  }

  private record Register(int value) {
    boolean bit(int position) {
      return (value >>> position & 1) != 0;
    }

    int bits(int high, int low) {
      return (value >>> low) & ((1 << (high - low + 1)) - 1);
    }
  }
}
