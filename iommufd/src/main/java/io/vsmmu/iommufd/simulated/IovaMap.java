package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.kernel.Errno;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What is mapped in an address space, and the MSI window that attached devices reserve in it. */
final class IovaMap {
  private static final long MSI_FIRST = 0x800_0000L;
  private static final long MSI_LAST = 0x80f_ffffL;
  private static final long PAGE = 4096;

  /** First address to last address, inclusive, in unsigned order. */
  private final NavigableMap<Long, Long> areas = new TreeMap<>(Long::compareUnsigned);

  private int pageTables;
  private int msiReservations;

  void addPageTable() {
    pageTables++;
  }

  void removePageTable() {
    pageTables--;
  }

  void map(long iova, long length) {
    checkLength(length);
    Fail.when(Long.remainderUnsigned(iova, alignment()) != 0, Errno.EINVAL, "unaligned address");
    long last = lastOf(iova, length);
    Fail.when(isMsi(iova, last), Errno.EINVAL, "range in the MSI window");
    Fail.when(firstArea(iova, last) != null, Errno.EEXIST, "range is mapped");
    areas.put(iova, last);
  }

  /** Maps at the lowest address with room, and returns it. */
  long mapAnywhere(long length) {
    checkLength(length);
    long iova = PAGE;
    while (true) {
      long last = lastOf(iova, length);
      Map.Entry<Long, Long> obstacle = firstArea(iova, last);
      if (obstacle != null) {
        iova = obstacle.getValue() + PAGE & -PAGE;
      } else if (isMsi(iova, last)) {
        iova = MSI_LAST + 1;
      } else {
        areas.put(iova, last);
        return iova;
      }
    }
  }

  /** Returns the bytes that were unmapped. */
  long unmap(long iova, long length) {
    Fail.when(length == 0, Errno.EINVAL, "length 0");
    long last = lastOf(iova, length);
    long unmapped = 0;
    // As in the kernel, areas below one that is cut are gone when the cut one is met.
    for (Map.Entry<Long, Long> area = firstArea(iova, last);
        area != null;
        area = firstArea(iova, last)) {
      Fail.when(
          Long.compareUnsigned(area.getKey(), iova) < 0
              || Long.compareUnsigned(area.getValue(), last) > 0,
          Errno.ENOENT,
          "range cuts a mapping");
      areas.remove(area.getKey());
      unmapped += lengthOf(area);
    }
    Fail.when(unmapped == 0, Errno.ENOENT, "nothing is mapped");
    return unmapped;
  }

  long unmapAll() {
    long unmapped = areas.entrySet().stream().mapToLong(IovaMap::lengthOf).sum();
    areas.clear();
    return unmapped;
  }

  void reserveMsi() {
    Fail.when(
        firstArea(MSI_FIRST, MSI_LAST) != null, Errno.EADDRINUSE, "mapping in the MSI window");
    msiReservations++;
  }

  void releaseMsi() {
    msiReservations--;
  }

  private void checkLength(long length) {
    Fail.when(
        length == 0 || Long.remainderUnsigned(length, alignment()) != 0,
        Errno.EINVAL,
        "length 0 or unaligned");
  }

  /** Page tables have pages; without one any address will do. */
  private long alignment() {
    return pageTables > 0 ? PAGE : 1;
  }

  private Map.@Nullable Entry<Long, Long> firstArea(long first, long last) {
    Map.Entry<Long, Long> below = areas.floorEntry(first);
    if (below != null && Long.compareUnsigned(below.getValue(), first) >= 0) {
      return below;
    }
    Map.Entry<Long, Long> above = areas.ceilingEntry(first);
    return above != null && Long.compareUnsigned(above.getKey(), last) <= 0 ? above : null;
  }

  private boolean isMsi(long first, long last) {
    return msiReservations > 0
        && Long.compareUnsigned(first, MSI_LAST) <= 0
        && Long.compareUnsigned(last, MSI_FIRST) >= 0;
  }

  private static long lastOf(long iova, long length) {
    long last = iova + length - 1;
    Fail.when(Long.compareUnsigned(last, iova) < 0, Errno.EOVERFLOW, "range wraps around");
    return last;
  }

  private static long lengthOf(Map.Entry<Long, Long> area) {
    return area.getValue() - area.getKey() + 1;
  }
}
