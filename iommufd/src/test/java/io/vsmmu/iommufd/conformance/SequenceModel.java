package io.vsmmu.iommufd.conformance;

import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.kernel.Errno;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a context holds after a sequence of requests, and what it answers to the next one. Counts
 * references as the kernel does, and knows nothing of how the simulated kernel finds out what is in
 * use.
 */
final class SequenceModel {

  enum Kind {
    IOAS,
    DEVICE,
    PARENT,
    VIOMMU,
    NESTED,
    VDEVICE,
    EVENTS,
    FAULTS
  }

  /** Something with an id. */
  static final class Thing {
    final Kind kind;
    final int on;
    final String smmu;
    int references;
    boolean translates;
    long virtId;

    Thing(Kind kind, int on, String smmu) {
      this.kind = kind;
      this.on = on;
      this.smmu = smmu;
    }
  }

  /** A group of devices as far as the context has it. */
  private static final class Group {
    final Set<Integer> attached = new HashSet<>();
    int pageTable;
  }

  private final KernelUnderTest target;
  private final Map<Integer, Thing> things = new TreeMap<>();
  private final Set<Integer> tombstones = new HashSet<>();
  private final Map<Integer, TreeDevice> devices = new HashMap<>();

  /** vDEVICE by device. */
  private final Map<Integer, Integer> links = new HashMap<>();

  private final Map<Integer, Set<Long>> mapped = new HashMap<>();
  private final Map<Integer, Integer> msiReservations = new HashMap<>();
  private final Map<Integer, Group> groups = new HashMap<>();

  SequenceModel(KernelUnderTest target) {
    this.target = target;
  }

  Map<Integer, Thing> things() {
    return things;
  }

  @Nullable Integer idOf(TreeDevice device) {
    return devices.entrySet().stream()
        .filter(entry -> entry.getValue().equals(device))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse(null);
  }

  /** The id that the next object gets: the lowest that is free. */
  int nextId() {
    int id = 1;
    while (things.containsKey(id) || tombstones.contains(id)) {
      id++;
    }
    return id;
  }

  @Nullable Errno parent(int device, int on) {
    if (!is(device, Kind.DEVICE)) {
      return Errno.ENOENT;
    }
    Thing under = things.get(on);
    if (under == null) {
      return Errno.EINVAL;
    }
    return switch (under.kind) {
      case IOAS -> null;
      case PARENT -> Errno.EOPNOTSUPP;
      case VIOMMU -> under.smmu.equals(smmuOf(device)) ? Errno.EOPNOTSUPP : Errno.EINVAL;
      default -> Errno.EINVAL;
    };
  }

  @Nullable Errno viommu(int device, int on) {
    if (!is(device, Kind.DEVICE) || !is(on, Kind.PARENT)) {
      return Errno.ENOENT;
    }
    return get(on).smmu.equals(smmuOf(device)) ? null : Errno.EINVAL;
  }

  @Nullable Errno nested(int device, int on) {
    if (!is(device, Kind.DEVICE)) {
      return Errno.ENOENT;
    }
    Thing under = things.get(on);
    if (under == null) {
      return Errno.EINVAL;
    }
    return switch (under.kind) {
      case IOAS, PARENT -> Errno.EOPNOTSUPP;
      case VIOMMU -> under.smmu.equals(smmuOf(device)) ? null : Errno.EINVAL;
      default -> Errno.EINVAL;
    };
  }

  @Nullable Errno vdevice(int viommu, int device, long virtId) {
    if (!is(viommu, Kind.VIOMMU) || !is(device, Kind.DEVICE)) {
      return Errno.ENOENT;
    }
    if (!get(viommu).smmu.equals(smmuOf(device))) {
      return Errno.EINVAL;
    }
    return links.containsKey(device) || isTaken(viommu, virtId) ? Errno.EEXIST : null;
  }

  @Nullable Errno events(int viommu) {
    if (!is(viommu, Kind.VIOMMU)) {
      return Errno.ENOENT;
    }
    return things.values().stream().anyMatch(each -> each.kind == Kind.EVENTS && each.on == viommu)
        ? Errno.EEXIST
        : null;
  }

  /** By a command that names a stream. */
  @Nullable Errno invalidate(int viommu, long virtId) {
    Thing target = things.get(viommu);
    if (target == null) {
      return Errno.ENOENT;
    }
    return switch (target.kind) {
      case VIOMMU -> isTaken(viommu, virtId) ? null : Errno.EIO;
      case NESTED -> Errno.EOPNOTSUPP;
      default -> Errno.EINVAL;
    };
  }

  @Nullable Errno hardwareInfo(int device) {
    return is(device, Kind.DEVICE) ? null : Errno.ENOENT;
  }

  @Nullable Errno bindToAnotherContext(TreeDevice device) {
    if (idOf(device) != null) {
      return Errno.EINVAL;
    }
    return members(device).stream().anyMatch(member -> idOf(member) != null) ? Errno.EPERM : null;
  }

  @Nullable Errno destroy(int id) {
    Thing thing = things.get(id);
    if (thing == null) {
      return Errno.ENOENT;
    }
    return thing.kind == Kind.DEVICE || thing.references > 0 ? Errno.EBUSY : null;
  }

  @Nullable Errno map(int ioas, long iova, boolean msi) {
    if (!is(ioas, Kind.IOAS)) {
      return Errno.ENOENT;
    }
    if (msi && msiReservations.getOrDefault(ioas, 0) > 0) {
      return Errno.EINVAL;
    }
    return mappedIn(ioas).contains(iova) ? Errno.EEXIST : null;
  }

  @Nullable Errno unmap(int ioas, long iova) {
    return is(ioas, Kind.IOAS) && mappedIn(ioas).contains(iova) ? null : Errno.ENOENT;
  }

  /** Page tables only: what an attach to an address space makes has no id that can be foretold. */
  @Nullable Errno attach(TreeDevice device, int pageTable, long msi) {
    Thing table = things.get(pageTable);
    if (table == null) {
      return Errno.ENOENT;
    }
    if (table.kind != Kind.PARENT && table.kind != Kind.NESTED) {
      return Errno.EINVAL;
    }
    Group group = groupOf(device);
    int id = deviceId(device);
    boolean replaces = group.attached.contains(id);
    if (group.pageTable == pageTable && replaces) {
      return null;
    }
    if (!replaces && group.pageTable != 0 && group.pageTable != pageTable) {
      return Errno.EINVAL;
    }
    int ioas = ioasOf(pageTable);
    boolean reserves = !replaces || ioasOf(group.pageTable) != ioas;
    if (reserves && mappedIn(ioas).contains(msi)) {
      return Errno.EADDRINUSE;
    }
    if (!replaces && group.pageTable == pageTable) {
      return null;
    }
    if (!table.smmu.equals(device.smmu())) {
      return Errno.EINVAL;
    }
    return table.translates && !knowsWholeGroup(device, table.on) ? Errno.ENOENT : null;
  }

  void made(int id, Kind kind, int on, String smmu) {
    things.put(id, new Thing(kind, on, smmu));
    if (on != 0) {
      get(on).references++;
    }
  }

  void bound(int id, TreeDevice device) {
    made(id, Kind.DEVICE, 0, device.smmu());
    devices.put(id, device);
  }

  void linked(int id, int viommu, int device, long virtId) {
    made(id, Kind.VDEVICE, viommu, get(viommu).smmu);
    get(id).virtId = virtId;
    links.put(device, id);
  }

  void destroyed(int id) {
    remove(id);
    links.values().remove(id);
  }

  void mapped(int ioas, long iova) {
    mappedIn(ioas).add(iova);
  }

  void unmapped(int ioas, long iova) {
    mappedIn(ioas).remove(iova);
  }

  void attached(TreeDevice device, int pageTable) {
    Group group = groupOf(device);
    boolean replaces = group.attached.contains(deviceId(device));
    if (replaces && group.pageTable == pageTable) {
      return;
    }
    for (int each : Set.copyOf(group.attached)) {
      if (replaces) {
        leave(group.pageTable);
        enter(pageTable);
      }
    }
    if (!replaces) {
      group.attached.add(deviceId(device));
      enter(pageTable);
    }
    group.pageTable = pageTable;
  }

  void detached(TreeDevice device) {
    Group group = groupOf(device);
    if (group.attached.remove(deviceId(device))) {
      leave(group.pageTable);
      if (group.attached.isEmpty()) {
        group.pageTable = 0;
      }
    }
  }

  void closed(TreeDevice device) {
    detached(device);
    int id = deviceId(device);
    Integer link = links.remove(id);
    if (link != null) {
      remove(link);
      tombstones.add(link);
    }
    devices.remove(id);
    remove(id);
  }

  private void enter(int pageTable) {
    get(pageTable).references++;
    msiReservations.merge(ioasOf(pageTable), 1, Integer::sum);
  }

  private void leave(int pageTable) {
    get(pageTable).references--;
    msiReservations.merge(ioasOf(pageTable), -1, Integer::sum);
  }

  private void remove(int id) {
    Thing thing = get(id);
    things.remove(id);
    mapped.remove(id);
    msiReservations.remove(id);
    if (thing.on != 0) {
      get(thing.on).references--;
    }
  }

  private boolean knowsWholeGroup(TreeDevice device, int viommu) {
    return members(device).stream()
        .allMatch(member -> {
          Integer id = idOf(member);
          Integer link = id == null ? null : links.get(id);
          return link != null && get(link).on == viommu;
        });
  }

  private List<TreeDevice> members(TreeDevice device) {
    return target.groups().stream()
        .filter(group -> group.contains(device))
        .findFirst()
        .orElseThrow();
  }

  private Group groupOf(TreeDevice device) {
    return groups.computeIfAbsent(target.groups().indexOf(members(device)), key -> new Group());
  }

  private Set<Long> mappedIn(int ioas) {
    return mapped.computeIfAbsent(ioas, key -> new HashSet<>());
  }

  private int ioasOf(int pageTable) {
    Thing table = get(pageTable);
    return switch (table.kind) {
      case PARENT -> table.on;
      case NESTED -> get(get(table.on).on).on;
      default -> throw new IllegalStateException(pageTable + " is no page table");
    };
  }

  private boolean isTaken(int viommu, long virtId) {
    return things.values().stream()
        .anyMatch(each -> each.kind == Kind.VDEVICE && each.on == viommu && each.virtId == virtId);
  }

  private boolean is(int id, Kind kind) {
    Thing thing = things.get(id);
    return thing != null && thing.kind == kind;
  }

  private Thing get(int id) {
    Thing thing = things.get(id);
    if (thing == null) {
      throw new IllegalStateException("the model has no object " + id);
    }
    return thing;
  }

  private String smmuOf(int device) {
    return get(device).smmu;
  }

  private int deviceId(TreeDevice device) {
    Integer id = idOf(device);
    if (id == null) {
      throw new IllegalStateException(device.pciAddress() + " is not bound");
    }
    return id;
  }
}
