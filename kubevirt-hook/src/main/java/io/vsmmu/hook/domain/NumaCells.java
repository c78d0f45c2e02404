package io.vsmmu.hook.domain;

import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The guest's NUMA cells and the host nodes that back them.
 *
 * @param cells their ids
 * @param hostNodes by cell; a cell without is backed by no one node
 */
public record NumaCells(SortedSet<Integer> cells, Map<Integer, Set<Integer>> hostNodes) {

  public static final NumaCells NONE = new NumaCells(new TreeSet<>(), Map.of());

  public NumaCells {
    cells = new TreeSet<>(cells);
    hostNodes = new TreeMap<>(hostNodes);
  }

  /**
   * The cell that a device on a host node is close to: the first one backed by that node. With one
   * cell there is no other.
   */
  public OptionalInt cellOf(int hostNode) {
    if (cells.size() == 1) {
      return OptionalInt.of(cells.first());
    }
    return hostNodes.entrySet().stream()
        .filter(cell -> cells.contains(cell.getKey()) && cell.getValue().contains(hostNode))
        .mapToInt(Map.Entry::getKey)
        .findFirst();
  }
}
