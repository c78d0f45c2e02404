package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.simulated.KernelObject.Device;
import io.vsmmu.iommufd.simulated.KernelObject.PageTable;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An iommu group at run time: one owner, one page table. */
final class GroupState {
  private final int number;
  private final List<FunctionState> functions = new ArrayList<>();
  private final Set<Device> bound = new LinkedHashSet<>();
  private final Set<Device> attached = new LinkedHashSet<>();
  private @Nullable Context owner;
  private @Nullable PageTable pageTable;

  GroupState(int number) {
    this.number = number;
  }

  void add(FunctionState function) {
    functions.add(function);
  }

  void requireFreeFor(Context context) {
    for (FunctionState function : functions) {
      Fail.when(
          function.ownedByHost(),
          Errno.EPERM,
          function.device().pciAddress() + " of group " + number + " is on a host driver");
    }
    Fail.when(
        owner != null && owner != context,
        Errno.EPERM,
        "group " + number + " belongs to another context");
    // The group's first bind takes all of its devices off the addresses that firmware mapped.
    Fail.when(
        owner == null
            && functions.stream().anyMatch(function -> function.device().directReserved()),
        Errno.EINVAL,
        "a device of group " + number + " has a direct reserved region");
  }

  void bind(Context context, Device device) {
    owner = context;
    bound.add(device);
  }

  void unbind(Device device) {
    bound.remove(device);
    if (bound.isEmpty()) {
      owner = null;
    }
  }

  /** The page table that the device is behind, if it is attached. */
  @Nullable PageTable attachment(Device device) {
    return attached.contains(device) ? pageTable : null;
  }

  /** The members that follow when this one is put behind another page table. */
  Set<Device> attachedWith(Device device) {
    Set<Device> all = new LinkedHashSet<>(attached);
    all.add(device);
    return all;
  }

  void attach(Device device, PageTable target) {
    if (!attached.contains(device)) {
      Fail.when(
          pageTable != null && pageTable != target,
          Errno.EINVAL,
          "group " + number + " is behind another page table");
      target.stage2().ioas().mappings().reserveMsi();
      attached.add(device);
    } else if (pageTable != null) {
      replaceReservations(pageTable, target);
    }
    pageTable = target;
  }

  /** Returns the page table that the device left. */
  @Nullable PageTable detach(Device device) {
    PageTable left = attachment(device);
    if (left != null) {
      left.stage2().ioas().mappings().releaseMsi();
      attached.remove(device);
      if (attached.isEmpty()) {
        pageTable = null;
      }
    }
    return left;
  }

  private void replaceReservations(PageTable from, PageTable to) {
    IovaMap left = from.stage2().ioas().mappings();
    IovaMap entered = to.stage2().ioas().mappings();
    if (left != entered) {
      for (int i = 0; i < attached.size(); i++) {
        entered.reserveMsi();
      }
      for (int i = 0; i < attached.size(); i++) {
        left.releaseMsi();
      }
    }
  }
}
