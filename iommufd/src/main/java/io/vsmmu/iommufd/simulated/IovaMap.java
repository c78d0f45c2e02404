package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.kernel.Errno;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is mapped in an address space, what its page tables ask of mappings, and the MSI window that
 * attached devices reserve in it. Memory is pinned once, as long as there is a page table.
 */
final class IovaMap {
  private static final long MSI_FIRST = 0x800_0000L;
  private static final long MSI_LAST = 0x80f_ffffL;

  /**
   * Of a page table.
   *
   * @param addressBits width of its input addresses
   * @param granule its smallest page
   */
  record Format(int addressBits, long granule) {
    long lastAddress() {
      return (1L << addressBits) - 1;
    }
  }

  /** Addresses from first to last, inclusive. */
  record Range(long first, long last) {
    boolean meets(long otherFirst, long otherLast) {
      return Long.compareUnsigned(first, otherLast) <= 0
          && Long.compareUnsigned(otherFirst, last) <= 0;
    }
  }

  private record Area(long last, Backing backing) {}

  private final PinnedMemory pinned;

  /** By first address, in unsigned order. */
  private final NavigableMap<Long, Area> areas = new TreeMap<>(Long::compareUnsigned);

  private final List<Format> pageTables = new ArrayList<>();
  private int msiReservations;
  private boolean hugePages = true;

  IovaMap(PinnedMemory pinned) {
    this.pinned = pinned;
  }

  /** Takes a page table, which the mappings must suit, and pins them for the first. */
  void addPageTable(Format format) {
    Fail.when(
        firstArea(format.lastAddress() + 1, -1) != null,
        Errno.EADDRINUSE,
        "mapping beyond the page table's addresses");
    for (Map.Entry<Long, Area> area : areas.entrySet()) {
      long bits = area.getKey() | lengthOf(area) | area.getValue().backing().offset();
      Fail.when((bits & format.granule() - 1) != 0, Errno.EADDRINUSE, "mapping of no whole pages");
    }
    if (pageTables.isEmpty()) {
      pinAll();
    }
    pageTables.add(format);
  }

  void removePageTable(Format format) {
    pageTables.remove(format);
    if (pageTables.isEmpty()) {
      areas.values().forEach(area -> unpin(area.backing()));
    }
  }

  void map(long iova, long length, Backing backing) {
    checkAlignment(iova | length | backing.offset());
    long last = lastOf(iova, length);
    Fail.when(
        reserved().stream().anyMatch(range -> range.meets(iova, last)),
        Errno.EINVAL,
        "range is reserved");
    Fail.when(firstArea(iova, last) != null, Errno.EEXIST, "range is mapped");
    put(iova, last, backing);
  }

  /** Maps at the lowest address with room, and returns it. */
  long mapAnywhere(long length, Backing backing) {
    checkAlignment(length | backing.offset());
    long iova = PinnedMemory.PAGE;
    while (true) {
      long first = iova;
      long last = first + length - 1;
      Fail.when(Long.compareUnsigned(last, first) < 0, Errno.ENOSPC, "no room");
      Map.Entry<Long, Area> obstacle = firstArea(first, last);
      long obstacleEnd =
          obstacle == null
              ? reserved().stream()
                  .filter(range -> range.meets(first, last))
                  .mapToLong(Range::last)
                  .findFirst()
                  .orElse(0)
              : obstacle.getValue().last();
      if (obstacleEnd == 0) {
        put(first, last, backing);
        return first;
      }
      Fail.when(obstacleEnd == -1, Errno.ENOSPC, "no room");
      iova = obstacleEnd + PinnedMemory.PAGE & -PinnedMemory.PAGE;
    }
  }

  /** Returns the bytes that were unmapped. */
  long unmap(long iova, long length) {
    Fail.when(length == 0, Errno.EINVAL, "length 0");
    long last = lastOf(iova, length);
    long unmapped = 0;
    // As in the kernel, areas below one that is cut are gone when the cut one is met.
    for (Map.Entry<Long, Area> area = firstArea(iova, last);
        area != null;
        area = firstArea(iova, last)) {
      Fail.when(
          Long.compareUnsigned(area.getKey(), iova) < 0
              || Long.compareUnsigned(area.getValue().last(), last) > 0,
          Errno.ENOENT,
          "range cuts a mapping");
      remove(area);
      unmapped += lengthOf(area);
    }
    Fail.when(unmapped == 0, Errno.ENOENT, "nothing is mapped");
    return unmapped;
  }

  long unmapAll() {
    long unmapped = 0;
    for (Map.Entry<Long, Area> area : List.copyOf(areas.entrySet())) {
      remove(area);
      unmapped += lengthOf(area);
    }
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

  boolean hugePages() {
    return hugePages;
  }

  void setHugePages(boolean use) {
    if (hugePages && !use) {
      Fail.when(
          !pageTables.isEmpty() && !areas.isEmpty(),
          Errno.EINVAL,
          "mappings may be of huge pages already");
      for (Map.Entry<Long, Area> area : areas.entrySet()) {
        Fail.when(
            ((area.getKey() | lengthOf(area)) & PinnedMemory.PAGE - 1) != 0,
            Errno.EADDRINUSE,
            "mapping of no whole pages");
      }
    }
    hugePages = use;
  }

  /** Without a page table any address will do. */
  long alignment() {
    long asked = hugePages ? 1 : PinnedMemory.PAGE;
    return pageTables.stream().mapToLong(Format::granule).reduce(asked, Math::max);
  }

  /** Where mappings may be. */
  List<Range> allowed() {
    List<Range> allowed = new ArrayList<>();
    long first = 0;
    for (Range range : reserved()) {
      if (Long.compareUnsigned(first, range.first()) < 0) {
        allowed.add(new Range(first, range.first() - 1));
      }
      first = range.last() + 1;
      if (first == 0) {
        return allowed;
      }
    }
    allowed.add(new Range(first, -1));
    return allowed;
  }

  /** In order and apart from each other. */
  private List<Range> reserved() {
    List<Range> reserved = new ArrayList<>();
    if (msiReservations > 0) {
      reserved.add(new Range(MSI_FIRST, MSI_LAST));
    }
    pageTables.stream()
        .mapToLong(Format::lastAddress)
        .min()
        .ifPresent(last -> reserved.add(new Range(last + 1, -1)));
    return reserved;
  }

  private void checkAlignment(long bits) {
    Fail.when((bits & alignment() - 1) != 0, Errno.EINVAL, "address or length of no whole pages");
  }

  private void put(long iova, long last, Backing backing) {
    if (!pageTables.isEmpty()) {
      backing.pinnable().run();
      pinned.pin(backing.payer(), backing.pages());
    }
    areas.put(iova, new Area(last, backing));
  }

  private void remove(Map.Entry<Long, Area> area) {
    areas.remove(area.getKey());
    if (!pageTables.isEmpty()) {
      unpin(area.getValue().backing());
    }
  }

  private void pinAll() {
    List<Backing> done = new ArrayList<>();
    try {
      for (Area area : areas.values()) {
        pinned.pin(area.backing().payer(), area.backing().pages());
        done.add(area.backing());
      }
    } catch (RuntimeException e) {
      done.forEach(this::unpin);
      throw e;
    }
  }

  private void unpin(Backing backing) {
    pinned.unpin(backing.payer(), backing.pages());
  }

  private Map.@Nullable Entry<Long, Area> firstArea(long first, long last) {
    Map.Entry<Long, Area> below = areas.floorEntry(first);
    if (below != null && Long.compareUnsigned(below.getValue().last(), first) >= 0) {
      return below;
    }
    Map.Entry<Long, Area> above = areas.ceilingEntry(first);
    return above != null && Long.compareUnsigned(above.getKey(), last) <= 0 ? above : null;
  }

  private static long lastOf(long iova, long length) {
    long last = iova + length - 1;
    Fail.when(Long.compareUnsigned(last, iova) < 0, Errno.EOVERFLOW, "range wraps around");
    return last;
  }

  private static long lengthOf(Map.Entry<Long, Area> area) {
    return area.getValue().last() - area.getKey() + 1;
  }
}
