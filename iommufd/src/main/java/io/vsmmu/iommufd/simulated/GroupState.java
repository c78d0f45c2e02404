package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.simulated.KernelObject.Device;
import io.vsmmu.iommufd.simulated.KernelObject.PageTable;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
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

  List<FunctionState> functions() {
    return functions;
  }

  /**
   * Puts a device behind a page table, in place of the one that its group was behind.
   *
   * @param check that the SMMU can put the whole group behind it
   */
  void attach(Device device, PageTable target, Runnable check) {
    IovaMap mappings = target.stage2().ioas().mappings();
    if (attached.contains(device)) {
      replace(target, check);
      return;
    }
    Fail.when(
        pageTable != null && pageTable != target,
        Errno.EINVAL,
        "group " + number + " is behind another page table");
    mappings.reserveMsi();
    if (attached.isEmpty()) {
      runOr(check, mappings::releaseMsi);
    }
    attached.add(device);
    pageTable = target;
  }

  private void replace(PageTable target, Runnable check) {
    PageTable from = Objects.requireNonNull(pageTable);
    if (from == target) {
      return;
    }
    IovaMap left = from.stage2().ioas().mappings();
    IovaMap entered = target.stage2().ioas().mappings();
    if (left != entered) {
      // The first one fails when it cannot be reserved; the others are of the same window.
      attached.forEach(each -> entered.reserveMsi());
    }
    runOr(
        check,
        () -> {
          if (left != entered) {
            attached.forEach(each -> entered.releaseMsi());
          }
        });
    if (left != entered) {
      attached.forEach(each -> left.releaseMsi());
    }
    pageTable = target;
  }

  private static void runOr(Runnable check, Runnable undo) {
    try {
      check.run();
    } catch (RuntimeException e) {
      undo.run();
      throw e;
    }
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
}
