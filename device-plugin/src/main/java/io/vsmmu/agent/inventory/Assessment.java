package io.vsmmu.agent.inventory;

import io.vsmmu.agent.inventory.Selection.Unit;
import io.vsmmu.agent.probe.Obstacle;
import io.vsmmu.agent.probe.SmmuReport;
import io.vsmmu.api.v1alpha1.Management;
import io.vsmmu.api.v1alpha1.Nesting;
import io.vsmmu.iommufd.topology.NodeTopology;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.PciFunction;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Decides the state of every device from what is known.
 *
 * @param topology read after the last bind
 * @param trouble what went wrong with a device when it was bound or probed, or what would become of
 *     it if this were no dry run, by its first function
 * @param smmus what was found out about SMMUs, by name
 * @param allocated whether an allocation holds a function
 */
record Assessment(
    NodeTopology topology,
    Map<PciAddress, Obstacle> trouble,
    Map<String, SmmuReport> smmus,
    Predicate<PciAddress> allocated) {

  private static final String READY = "Ready";

  /** The devices, given what was published before. */
  InventorySnapshot snapshot(Wish wish, List<Unit> units, InventorySnapshot before) {
    var advertised = advertised(before);
    var devices = new ArrayList<Device>();
    for (var unit : units) {
      if (!isAllocatedAsAnother(unit, before)) {
        devices.add(device(wish, unit, advertised));
      }
    }
    devices.addAll(keptThoughUnselected(devices, before));
    var resources = new LinkedHashSet<String>();
    if (!wish.dryRun()) {
      wish.resources().forEach(resource -> resources.add(resource.name()));
    }
    return new InventorySnapshot(
        resources,
        devices.stream()
            .sorted(Comparator.comparing(device -> device.functions().getFirst()))
            .toList());
  }

  /**
   * What stands for the snapshot that an earlier agent published last: what containers have stays
   * listed as what it was given to them.
   */
  InventorySnapshot before(List<HeldDevices> held) {
    return new InventorySnapshot(
        new LinkedHashSet<>(), held.stream().flatMap(each -> devices(each).stream()).toList());
  }

  private List<Device> devices(HeldDevices held) {
    var members = new TreeMap<PciAddress, List<PciAddress>>();
    held.ids().forEach(id -> members.put(PciAddress.parse(id), new ArrayList<>()));
    for (var function : held.functions()) {
      var id = group(function).flatMap(group -> inGroup(members.keySet(), group));
      // Of one that is gone from the bus the group is not known; an id is the lowest of its own.
      var last = Optional.ofNullable(members.floorKey(function));
      id.or(() -> last).map(members::get).ifPresent(functions -> functions.add(function));
    }
    return members.values().stream()
        .filter(functions -> !functions.isEmpty())
        .map(functions -> device(held.resource(), functions))
        .toList();
  }

  private Optional<PciAddress> inGroup(Set<PciAddress> ids, Integer group) {
    return ids.stream().filter(id -> group(id).filter(group::equals).isPresent()).findFirst();
  }

  private Optional<Integer> group(PciAddress address) {
    return topology.function(address).flatMap(found -> Optional.ofNullable(found.iommuGroup()));
  }

  private Device device(String resource, List<PciAddress> functions) {
    var first = topology.function(functions.getFirst()).orElse(null);
    return new Device(
        resource,
        functions,
        first == null ? null : first.smmu(),
        first == null ? null : first.iommuGroup(),
        first == null ? null : topology.nodeWithCpus(first).orElse(null),
        first == null ? null : rootPort(first),
        DeviceState.ALLOCATED,
        "Allocated",
        "");
  }

  /** Why a unit should not be brought onto VFIO, whatever its driver is now. */
  Optional<Obstacle> beforeBinding(Unit unit) {
    return Optional.ofNullable(unit.obstacle())
        .or(() -> notNesting(unit).filter(smmu -> !smmu.passing()).map(SmmuReport::obstacle))
        .or(() -> siblingOnHostDriver(unit));
  }

  private Device device(Wish wish, Unit unit, Map<PciAddress, String> advertised) {
    if (isAllocated(unit)) {
      return lost(unit)
          .map(loss -> of(unit, DeviceState.UNHEALTHY, loss.reason(), loss.message()))
          .orElseGet(() -> of(unit, DeviceState.ALLOCATED, "Allocated", ""));
    }
    var obstacle = beforeBinding(unit).or(() -> present(unit));
    if (obstacle.isEmpty()) {
      return of(unit, DeviceState.AVAILABLE, READY, "");
    }
    return of(
        unit,
        !wish.dryRun() && unit.resource().name().equals(advertised.get(unit.first().address()))
            ? DeviceState.UNHEALTHY
            : DeviceState.INELIGIBLE,
        obstacle.get().reason(),
        obstacle.get().message());
  }

  /** The unit's SMMU, where it is to nest and does not. */
  private Optional<SmmuReport> notNesting(Unit unit) {
    return Optional.ofNullable(unit.first().smmu())
        .filter(_ -> unit.resource().nesting() != Nesting.Preferred)
        .map(smmus::get)
        .filter(smmu -> !smmu.nesting());
  }

  /** What stands in the way at present. */
  private Optional<Obstacle> present(Unit unit) {
    return Optional.ofNullable(trouble.get(unit.first().address()))
        .or(() -> notOnVfio(unit))
        .or(() -> notNesting(unit).map(SmmuReport::obstacle));
  }

  /** Whoever is to bring it onto VFIO has not done so. */
  Optional<Obstacle> notOnVfio(Unit unit) {
    return unit.functions().stream()
        .filter(function -> !function.onVfio())
        .findFirst()
        .map(function ->
            new Obstacle(
                "NotOnVfio",
                "%s is on %s; bind it to %s%s"
                    .formatted(
                        function.address(),
                        function.driver() == null ? "no driver" : function.driver(),
                        unit.resource().driver(),
                        unit.resource().binding() == Management.Unmanaged
                            ? ", or set binding: Managed"
                            : "")));
  }

  /**
   * What a container has that is on no VFIO driver any more. The kernel takes the VFIO node and the
   * driver away first, and then waits until the device is closed.
   */
  private static Optional<Obstacle> lost(Unit unit) {
    return unit.functions().stream()
        .filter(function -> !function.onVfio())
        .findFirst()
        .map(function ->
            function.driver() == null
                ? new Obstacle(
                    "BeingRemoved",
                    ("%s is being removed from the PCI bus or from its driver while a container has it;"
                            + " the kernel waits for the container to close it: end the container")
                        .formatted(function.address()))
                : new Obstacle(
                    "NotOnVfio",
                    "%s is on %s while a container is to have it; it is moved after that has ended"
                        .formatted(function.address(), function.driver())));
  }

  /** A group can be used only when nobody else in it but bridges is on a host driver. */
  private Optional<Obstacle> siblingOnHostDriver(Unit unit) {
    Integer group = unit.first().iommuGroup();
    if (group == null) {
      return Optional.empty();
    }
    return topology.group(group).stream()
        .flatMap(members -> members.functions().stream())
        .flatMap(address -> topology.function(address).stream())
        .filter(member -> !unit.functions().contains(member))
        .filter(PciFunction::heldByHost)
        .findFirst()
        .map(member ->
            new Obstacle(
                "GroupNotViable",
                "%s shares iommu group %d with %s, which is on %s; select that one, too, or"
                        .formatted(unit.first().address(), group, member.address(), member.driver())
                    + " unbind it"));
  }

  private static @Nullable PciAddress rootPort(PciFunction function) {
    return function.bridges().isEmpty() ? null : function.bridges().getFirst();
  }

  private boolean isAllocated(Unit unit) {
    return unit.functions().stream().map(PciFunction::address).anyMatch(allocated);
  }

  /**
   * Whether a container has functions of it under the name that they had before the wish or the
   * group was changed: under the new one kubelet would take it for free.
   */
  private boolean isAllocatedAsAnother(Unit unit, InventorySnapshot before) {
    if (!isAllocated(unit)) {
      return false; // Most are not, and there may be thousands.
    }
    var own = unit.functions().stream().map(PciFunction::address).filter(allocated).toList();
    return before.devices().stream()
        .filter(device ->
            !device.id().equals(unit.first().address().toString())
                || !device.resource().equals(unit.resource().name()))
        .anyMatch(device -> device.functions().stream().anyMatch(own::contains));
  }

  /** As what kubelet knows each device, by its first function. */
  private static Map<PciAddress, String> advertised(InventorySnapshot before) {
    return before.devices().stream()
        .filter(device -> device.state() != DeviceState.INELIGIBLE)
        .collect(Collectors.toMap(device -> device.functions().getFirst(), Device::resource));
  }

  /** Devices that a container has stay listed when their selector or the device itself is gone. */
  private List<Device> keptThoughUnselected(List<Device> selected, InventorySnapshot before) {
    Set<String> listed = new HashSet<>();
    selected.forEach(device -> listed.add(device.id()));
    return before.devices().stream()
        .filter(device -> !listed.contains(device.id()))
        .filter(device -> device.functions().stream().anyMatch(allocated))
        .map(this::unselected)
        .toList();
  }

  private Device unselected(Device device) {
    boolean there = topology.function(device.functions().getFirst()).isPresent();
    return new Device(
        device.resource(),
        device.functions(),
        device.smmu(),
        device.iommuGroup(),
        device.numaNode(),
        device.rootPort(),
        there ? DeviceState.ALLOCATED : DeviceState.UNHEALTHY,
        there ? "NoLongerSelected" : "Vanished",
        there
            ? device.id() + " is no longer selected and is given back after its container has ended"
            : device.id() + " is gone from the PCI bus while a container has it");
  }

  private Device of(Unit unit, DeviceState state, String reason, String message) {
    var first = unit.first();
    return new Device(
        unit.resource().name(),
        unit.functions().stream().map(PciFunction::address).toList(),
        first.smmu(),
        first.iommuGroup(),
        topology.nodeWithCpus(first).orElse(null),
        rootPort(first),
        state,
        reason,
        message);
  }
}
