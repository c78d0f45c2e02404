package io.vsmmu.iommufd.smmu;

import java.util.Locale;

/**
 * Addresses of a TLB invalidation: those around one address, or, on an SMMU with {@link
 * SmmuCapabilities#ril()}, {@code (num + 1) * 2^scale} pages from it on.
 *
 * @param address 4 KiB-aligned
 * @param leaf only the last level of the tables
 * @param granule TG: 0 for one address, otherwise the size of pages: 1 for 4 KiB, 2 for 16 KiB, 3
 *     for 64 KiB
 * @param scale SCALE, 0 to 31
 * @param num NUM, 0 to 31
 * @param level TTL: the level that the leaf entry is at, 1 to 3; 0 when it is not known
 */
public record TlbRange(long address, boolean leaf, int granule, int scale, int num, int level) {
  private static final long ADDRESS = ~0xFFFL;
  private static final int MAX_SCALE = 31;
  private static final int MAX_NUM = 31;

  /**
   * @throws IllegalArgumentException for a field out of its range
   */
  public TlbRange {
    if ((address & ~ADDRESS) != 0) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "0x%x is not aligned to 4 KiB", address));
    }
    CommandFields.require(granule >= 0 && granule <= 3, "granule", granule, 3);
    CommandFields.require(scale >= 0 && scale <= MAX_SCALE, "scale", scale, MAX_SCALE);
    CommandFields.require(num >= 0 && num <= MAX_NUM, "num", num, MAX_NUM);
    CommandFields.require(level >= 0 && level <= 3, "level", level, 3);
    if (granule == 0 && (scale | num | level) != 0) {
      throw new IllegalArgumentException("a range needs its granule");
    }
  }

  /** The entries for one address, whatever the size of its page. */
  public static TlbRange of(long address, boolean leaf) {
    return new TlbRange(address, leaf, 0, 0, 0, 0);
  }

  long word0() {
    return (long) num << 12 | (long) scale << 20;
  }

  long word1() {
    return address | (long) granule << 10 | (long) level << 8 | (leaf ? 1 : 0);
  }
}
