package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.simulated.KernelObject.Device;
import io.vsmmu.iommufd.simulated.KernelObject.PageTable;
import io.vsmmu.iommufd.simulated.KernelObject.Paging;
import io.vsmmu.iommufd.simulated.KernelObject.Vdevice;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/** An iommufd: the objects and their ids. */
final class Context {
  private final SortedMap<Integer, KernelObject> objects = new TreeMap<>();

  /** Ids of vDEVICEs that ended with their device; not used again. */
  private final Set<Integer> tombstones = new HashSet<>();

  /** Its own open file, the files of queues and the bound devices. */
  private int references = 1;

  private final PinnedMemory pinned;
  private boolean chargesProcess;

  /**
   * @param pinned of the machine
   */
  Context(PinnedMemory pinned) {
    this.pinned = pinned;
  }

  PinnedMemory pinned() {
    return pinned;
  }

  boolean isFresh() {
    return objects.isEmpty() && tombstones.isEmpty();
  }

  boolean chargesProcess() {
    return chargesProcess;
  }

  void setChargesProcess(boolean chargesProcess) {
    this.chargesProcess = chargesProcess;
  }

  int objectCount() {
    return objects.size();
  }

  void reference() {
    references++;
  }

  /** Returns whether that was the last one: then everything in the context is gone. */
  boolean dereference() {
    references--;
    if (references > 0) {
      return false;
    }
    // What is on something goes before it.
    while (!objects.isEmpty()) {
      objects.values().stream()
          .filter(object -> objects.values().stream().noneMatch(other -> other.uses(object)))
          .toList()
          .forEach(this::remove);
    }
    return true;
  }

  /** Makes an object with the lowest free id. */
  <O extends KernelObject> O add(IntFunction<O> make) {
    int id = 1;
    while (objects.containsKey(id) || tombstones.contains(id)) {
      id++;
    }
    O object = make.apply(id);
    objects.put(id, object);
    return object;
  }

  Optional<KernelObject> find(int id) {
    return Optional.ofNullable(objects.get(id));
  }

  /** The object of that type and id, or ENOENT. */
  <O extends KernelObject> O get(int id, Class<O> type) {
    KernelObject object = objects.get(id);
    if (!type.isInstance(object)) {
      throw Fail.with(Errno.ENOENT, "no " + type.getSimpleName() + " " + id);
    }
    return type.cast(object);
  }

  <O extends KernelObject> Stream<O> all(Class<O> type) {
    return objects.values().stream().filter(type::isInstance).map(type::cast);
  }

  void destroy(int id) {
    KernelObject object = objects.get(id);
    if (object == null) {
      throw Fail.with(Errno.ENOENT, "no object " + id);
    }
    Fail.when(
        objects.values().stream().anyMatch(other -> other.uses(object)),
        Errno.EBUSY,
        "object " + id + " is in use");
    remove(object);
  }

  /** Takes an object back whose id could not be told. */
  void discard(KernelObject object) {
    remove(object);
  }

  /** What closing a bound device's file does to the context's objects. */
  void removeDevice(Device device) {
    GroupState group = device.function().group();
    PageTable left = group.detach(device);
    if (left != null) {
      removeIfAutomatic(left);
    }
    List<Vdevice> links =
        new ArrayList<>(all(Vdevice.class).filter(each -> each.device() == device).toList());
    for (Vdevice link : links) {
      remove(link);
      tombstones.add(link.id());
    }
    group.unbind(device);
    remove(device);
  }

  /** Removes a page table that an attach to an address space made, when nothing uses it. */
  void removeIfAutomatic(PageTable table) {
    if (table instanceof Paging paging
        && paging.automatic()
        && objects.values().stream().noneMatch(other -> other.uses(table))) {
      remove(table);
    }
  }

  private void remove(KernelObject object) {
    objects.remove(object.id());
    object.destroyed();
  }
}
