package io.vsmmu.hook.plan;

import io.vsmmu.hook.domain.PciController;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/** Which root bus each bus of a domain hangs off. */
final class BusTree {

  /** The domain's own root bus. */
  static final int ROOT = 0;

  private final Map<Integer, PciController> controllers = new HashMap<>();
  private final Map<Integer, Integer> roots = new HashMap<>();

  BusTree(List<PciController> controllers) throws UnplaceableException {
    controllers.forEach(controller -> this.controllers.put(controller.index(), controller));
    for (var controller : controllers) {
      roots.put(controller.index(), climb(controller));
    }
    roots.put(ROOT, ROOT);
  }

  /** Its root, itself included; empty when no controller has that index. */
  OptionalInt rootOf(int bus) {
    var root = roots.get(bus);
    return root == null ? OptionalInt.empty() : OptionalInt.of(root);
  }

  /** How many bus numbers the guest gives out behind a root. */
  int bridgesBelow(int root) {
    return (int)
        controllers.values().stream()
            .filter(controller -> !controller.isRoot() && !controller.isExpander())
            .filter(controller -> rootOf(controller.index()).equals(OptionalInt.of(root)))
            .count();
  }

  /** Slots of a bus that a controller is plugged into. */
  Set<Integer> slotsTaken(int bus) {
    var slots = new TreeSet<Integer>();
    for (var controller : controllers.values()) {
      var address = controller.address();
      if (address != null && address.bus() == bus) {
        slots.add(address.slot());
      }
    }
    return slots;
  }

  /** Indexes of the root ports that are plugged into a bus. */
  List<Integer> portsOn(int bus) {
    return controllers.values().stream()
        .filter(controller -> controller.model().equals(PciController.ROOT_PORT))
        .filter(controller -> {
          var address = controller.address();
          return address != null && address.bus() == bus;
        })
        .map(PciController::index)
        .sorted()
        .toList();
  }

  private int climb(PciController from) throws UnplaceableException {
    var controller = from;
    for (int steps = 0; steps <= controllers.size(); steps++) {
      if (controller.isRoot() || controller.isExpander()) {
        return controller.index();
      }
      var address = controller.address();
      if (address == null || address.bus() == ROOT) {
        return ROOT;
      }
      var parent = controllers.get(address.bus());
      if (parent == null) {
        return ROOT; // libvirt adds what is missing, on the root bus.
      }
      controller = parent;
    }
    throw new UnplaceableException(
        "PCI controller %d is plugged into itself through others; libvirt would not take it"
            .formatted(from.index()));
  }
}
