package io.vsmmu.iommufd;

import java.util.List;
import java.util.Locale;

/**
 * Where an address space can be mapped. Devices that are attached narrow it.
 *
 * @param ranges in ascending order
 * @param alignment what start and length of a mapping must be multiples of, in bytes
 */
public record IovaRanges(List<Range> ranges, long alignment) {

  public IovaRanges {
    ranges = List.copyOf(ranges);
  }

  /** Addresses from {@code start} to {@code last}, inclusive and unsigned. */
  public record Range(long start, long last) {

    /** Whether all bytes of a mapping are in it. */
    boolean contains(long iova, long length) {
      return Long.compareUnsigned(iova, start) >= 0
          && Long.compareUnsigned(iova, last) <= 0
          && Long.compareUnsigned(length - 1, last - iova) <= 0;
    }

    @Override
    public String toString() {
      return String.format(Locale.ROOT, "0x%x-0x%x", start, last);
    }
  }

  /**
   * Whether a mapping can be there.
   *
   * @param length in bytes, at least 1
   */
  public boolean contain(long iova, long length) {
    return ranges.stream().anyMatch(range -> range.contains(iova, length));
  }
}
