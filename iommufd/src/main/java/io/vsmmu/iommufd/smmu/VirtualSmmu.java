package io.vsmmu.iommufd.smmu;

import java.util.List;

/**
 * A guest's SMMU as QEMU's {@code arm-smmuv3,accel=on} makes it: what its properties decide, and
 * what is always so (QEMU 11, {@code hw/arm/smmuv3.c}).
 *
 * @param oas property {@code oas}: bits of an output address, 44 or 48
 * @param ssidSize property {@code ssidsize}: bits of a PASID, 0 to 20
 * @param ril property {@code ril}: range invalidation
 * @param ats property {@code ats}
 */
public record VirtualSmmu(int oas, int ssidSize, boolean ril, boolean ats) {

  // S1P, AArch64 tables, coherent, ASID16, little endian, no stalls, aborts, two-level stream
  // table.
  private static final int IDR0 =
      1 << 1 | 2 << 2 | 1 << 4 | 1 << 12 | 2 << 21 | 1 << 24 | 1 << 26 | 1 << 27;
  private static final int IDR0_ATS = 1 << 10;

  // 16-bit stream ids, queues of 2^19 entries.
  private static final int IDR1 = 19 << 21 | 19 << 16 | 16;
  private static final int IDR1_SSIDSIZE = 6;

  // HAD, BBML 2.
  private static final int IDR3 = 1 << 2 | 2 << 11;
  private static final int IDR3_RIL = 1 << 10;

  private static final int IDR5_GRANULES = 7 << 4;
  private static final int OAS_44 = 4;
  private static final int OAS_48 = 5;

  private static final int MAX_SSID_SIZE = 20;
  private static final int SMMU_V3_1 = 1;

  /**
   * @throws IllegalArgumentException for values that QEMU does not take
   */
  public VirtualSmmu {
    if (oas != 44 && oas != 48) {
      throw new IllegalArgumentException("oas " + oas + " is neither 44 nor 48");
    }
    if (ssidSize < 0 || ssidSize > MAX_SSID_SIZE) {
      throw new IllegalArgumentException("ssidsize " + ssidSize + " is not in 0 to 20");
    }
  }

  /** What QEMU makes when no property is set. */
  public static VirtualSmmu plain() {
    return new VirtualSmmu(44, 0, true, false);
  }

  /** Its registers, as the guest sees them. */
  public SmmuCapabilities capabilities() {
    return new SmmuCapabilities(
        List.of(
            IDR0 | (ats ? IDR0_ATS : 0),
            IDR1 | ssidSize << IDR1_SSIDSIZE,
            0,
            IDR3 | (ril ? IDR3_RIL : 0),
            0,
            IDR5_GRANULES | (oas == 48 ? OAS_48 : OAS_44)),
        0,
        SMMU_V3_1);
  }
}
