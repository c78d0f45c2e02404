package io.vsmmu.iommufd.smmu;

import java.util.Locale;

/**
 * The guest's part of a stream table entry: the first two 64-bit words of the STE in the Arm SMMUv3
 * architecture, as {@code struct iommu_hwpt_arm_smmuv3} takes them. The kernel fills in the rest.
 *
 * @param word0 V, Config, S1Fmt, S1ContextPtr, S1CDMax
 * @param word1 S1DSS, S1CIR, S1COR, S1CSH, S1STALLD, EATS
 */
public record Vste(long word0, long word1) {

  /** Bits that a guest may set in the first word. */
  public static final long WORD0_ALLOWED = 0xF80F_FFFF_FFFF_FFFFL;

  /** Bits that a guest may set in the second word. */
  public static final long WORD1_ALLOWED = 0x0000_0000_3800_00FFL;

  private static final int VALID = 1;
  private static final int CONFIG_ABORT = 0;
  private static final int CONFIG_BYPASS = 4;
  private static final int CONFIG_S1_TRANSLATE = 5;
  private static final long CONTEXT_POINTER = 0x000F_FFFF_FFFF_FFC0L;

  /**
   * An entry with V = 0 may have any other bits; it aborts.
   *
   * @throws IllegalArgumentException for an entry that the kernel refuses with EIO: a bit outside
   *     of the allowed ones, a Config other than abort, bypass and stage 1, or EATS 2 or 3
   */
  public Vste {
    if ((word0 & VALID) != 0) {
      require((word0 & ~WORD0_ALLOWED) == 0, word0, "word 0 has bits outside of", WORD0_ALLOWED);
      require((word1 & ~WORD1_ALLOWED) == 0, word1, "word 1 has bits outside of", WORD1_ALLOWED);
      int config = config(word0);
      if (config != CONFIG_ABORT && config != CONFIG_BYPASS && config != CONFIG_S1_TRANSLATE) {
        throw new IllegalArgumentException(
            "Config " + config + " is none of 0 (abort), 4 (bypass), 5 (stage 1)");
      }
      if (eats(word1) > 1) {
        throw new IllegalArgumentException(
            "EATS " + eats(word1) + " is none of 0 (no ATS), 1 (full ATS)");
      }
    }
  }

  /** Stage 1 is off: what the device sends is a guest-physical address. */
  public static Vste bypass() {
    return new Vste(VALID | CONFIG_BYPASS << 1, 0);
  }

  /** Everything that the device sends is aborted. */
  public static Vste abort() {
    return new Vste(VALID | CONFIG_ABORT << 1, 0);
  }

  /**
   * Stage 1 translates with the guest's context descriptors.
   *
   * @param contextPointer guest-physical address of the context descriptor (table): 64-byte
   *     aligned, below 2^52
   * @param contextFormat S1Fmt: 0 linear, 1 two levels with 4 KiB leaves, 2 two levels with 64 KiB
   * @param contextIdBits S1CDMax: log2 of the number of context descriptors, 0 to 31
   * @param word1 the second word
   */
  public static Vste translate(
      long contextPointer, int contextFormat, int contextIdBits, long word1) {
    require(
        (contextPointer & ~CONTEXT_POINTER) == 0,
        contextPointer,
        "the context pointer has bits outside of",
        CONTEXT_POINTER);
    if (contextFormat < 0 || contextFormat > 2) {
      throw new IllegalArgumentException("S1Fmt " + contextFormat + " is not in 0 to 2");
    }
    if (contextIdBits < 0 || contextIdBits > 31) {
      throw new IllegalArgumentException("S1CDMax " + contextIdBits + " is not in 0 to 31");
    }
    return new Vste(
        VALID
            | CONFIG_S1_TRANSLATE << 1
            | (long) contextFormat << 4
            | contextPointer
            | (long) contextIdBits << 59,
        word1);
  }

  /** Whether stage 1 is on; only such an entry needs a vDEVICE before a device can use it. */
  public boolean translates() {
    return (word0 & VALID) != 0 && config(word0) == CONFIG_S1_TRANSLATE;
  }

  private static int config(long word0) {
    return (int) (word0 >>> 1) & 7;
  }

  private static int eats(long word1) {
    return (int) (word1 >>> 28) & 3;
  }

  private static void require(boolean holds, long value, String what, long allowed) {
    if (!holds) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "0x%016x: %s 0x%016x", value, what, allowed));
    }
  }
}
