package io.vsmmu.hook.plan;

import io.vsmmu.hook.domain.Domain;
import io.vsmmu.hook.domain.GuestAddress;
import io.vsmmu.hook.domain.PciController;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The indexes of a domain's PCI controllers. */
final class ControllerIndexes {

  private static final int LAST = 0xff;

  private final Set<Integer> taken = new HashSet<>();

  /** A bus that a device wants is taken too: libvirt adds its controller when nobody does. */
  ControllerIndexes(Domain domain) {
    taken.add(BusTree.ROOT);
    for (var controller : domain.controllers()) {
      taken.add(controller.index());
      wanted(controller.address());
    }
    domain.hostDevices().forEach(device -> wanted(device.address()));
    domain.others().forEach(this::wanted);
    domain
        .iommus()
        .forEach(iommu -> {
          var bus = iommu.pciBus();
          if (bus != null) {
            taken.add(bus);
          }
        });
  }

  private void wanted(@Nullable GuestAddress address) {
    if (address != null) {
      taken.add(address.bus());
    }
  }

  /**
   * Takes the lowest free index above another: QEMU makes controllers in the order of their index,
   * so what is plugged in comes after what it is plugged into.
   *
   * @param subject the device that it is for
   */
  int takeAbove(int other, Subject subject) throws UnplaceableException {
    for (int index = other + 1; index <= LAST; index++) {
      if (taken.add(index)) {
        return index;
      }
    }
    throw new UnplaceableException(
        subject
            + ": the domain has no free index for another PCI controller (1 to "
            + LAST
            + ", "
            + PciController.EXPANDER
            + " and "
            + PciController.ROOT_PORT
            + " need one each)");
  }
}
