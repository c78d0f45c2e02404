package io.vsmmu.hook.plan;

import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * The bus numbers 0 to 255 of the guest. Each root owns those from its own up to the next root's;
 * the guest's firmware gives them to the buses behind it, one to each bridge.
 */
final class BusNumbers {

  private static final int LAST = 0xff;

  /** First to last number of each root. */
  private final TreeMap<Integer, Integer> taken = new TreeMap<>();

  /**
   * @param bridgesOnRoot those behind the domain's own root, which begins at 0
   * @param bridges those behind each expander, by its number
   */
  BusNumbers(int bridgesOnRoot, Map<Integer, Integer> bridges) {
    taken.put(0, bridgesOnRoot);
    bridges.forEach((busNr, count) -> taken.merge(busNr, busNr + count, Math::max));
  }

  /** Whether more bridges fit behind a root, before the next one. */
  boolean hasRoom(int busNr, int more) {
    var next = taken.higherKey(busNr);
    return end(busNr) + more <= (next == null ? LAST : next - 1);
  }

  /** Takes numbers for more bridges behind a root; false when they do not fit. */
  boolean extend(int busNr, int more) {
    boolean fits = hasRoom(busNr, more);
    if (fits) {
      taken.put(busNr, end(busNr) + more);
    }
    return fits;
  }

  private int end(int busNr) {
    var end = taken.get(busNr);
    return end == null ? busNr : end;
  }

  /**
   * Takes the highest numbers that are free: what libvirt and KubeVirt add later goes to the
   * domain's own root and so needs the low ones.
   *
   * @param bridges how many there are behind the new root
   * @return its number; empty when no gap is wide enough
   */
  OptionalInt take(int bridges) {
    int last = LAST;
    for (var root : taken.descendingMap().entrySet()) {
      int busNr = last - bridges;
      if (busNr > root.getValue()) {
        taken.put(busNr, last);
        return OptionalInt.of(busNr);
      }
      last = root.getKey() - 1;
    }
    return OptionalInt.empty();
  }
}
