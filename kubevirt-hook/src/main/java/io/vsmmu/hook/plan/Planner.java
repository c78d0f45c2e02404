package io.vsmmu.hook.plan;

import io.vsmmu.hook.domain.Domain;
import io.vsmmu.hook.domain.GuestAddress;
import io.vsmmu.hook.domain.HostDevice;
import io.vsmmu.hook.domain.Iommu;
import io.vsmmu.hook.domain.PciController;
import io.vsmmu.hook.plan.Plan.Expander;
import io.vsmmu.hook.plan.Plan.Placement;
import io.vsmmu.hook.plan.Plan.RootPort;
import io.vsmmu.iommufd.topology.PciAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Decides where a domain's devices go. What is there stays whenever it can serve:
 *
 * <ol>
 *   <li>A device behind an accelerated vSMMU stays.
 *   <li>An expander with devices of one SMMU and nothing else gets a vSMMU, if it has bus numbers
 *       for all devices of that SMMU. When it has devices of several (KubeVirt groups by NUMA
 *       node), those of the first SMMU stay.
 *   <li>Every other device gets a root port on the expander of its SMMU, which is added when there
 *       is none.
 * </ol>
 */
public final class Planner {

  private static final int SLOTS = 32;

  private final Domain domain;
  private final Overrides overrides;
  private final List<Subject> subjects;
  private final BusTree tree;
  private final ControllerIndexes indexes;
  private final BusNumbers numbers;

  /** The bus whose vSMMU serves each physical SMMU. */
  private final Map<String, Integer> serving = new LinkedHashMap<>();

  private final Set<Subject> settled = new LinkedHashSet<>();
  private final List<Integer> added = new ArrayList<>();
  private final Map<Integer, List<RootPort>> ports = new LinkedHashMap<>();
  private final List<Integer> vsmmus = new ArrayList<>();
  private final Map<Integer, GuestAddress> addresses = new LinkedHashMap<>();
  private final Set<Integer> freedPorts = new LinkedHashSet<>();
  private final Map<Integer, Map<String, String>> completed = new LinkedHashMap<>();

  private Planner(Domain domain, List<Subject> subjects, Overrides overrides)
      throws UnplaceableException {
    this.domain = domain;
    this.overrides = overrides;
    this.subjects = subjects;
    this.tree = new BusTree(domain.controllers());
    this.indexes = new ControllerIndexes(domain);
    this.numbers = numbers(domain, tree);
  }

  /**
   * Plans a domain.
   *
   * @return {@link Plan#NOTHING} when no device of the domain sits behind an SMMUv3, or its guest
   *     is of another architecture
   * @throws UnplaceableException when a device cannot be put behind a vSMMU: without, the VM would
   *     not be what its user asked for
   */
  public static Plan plan(Domain domain, HostFunctions functions, Overrides overrides)
      throws UnplaceableException {
    if (!domain.arch().isEmpty() && !domain.arch().equals("aarch64")) {
      return Plan.NOTHING;
    }
    var subjects = Subject.of(domain, functions);
    if (subjects.isEmpty()) {
      return Plan.NOTHING;
    }
    Requirements.check(domain, subjects);
    return new Planner(domain, subjects, overrides).plan();
  }

  private Plan plan() throws UnplaceableException {
    keepServed();
    adoptExpanders();
    var rest = subjects.stream().filter(subject -> !settled.contains(subject)).toList();
    for (var subject : rest) {
      addExpander(subject);
    }
    for (var subject : rest) {
      addPort(subject);
    }
    return numbered();
  }

  /** Devices behind vSMMUs that are there. */
  private void keepServed() throws UnplaceableException {
    for (int i = 0; i < domain.iommus().size(); i++) {
      var vsmmu = domain.iommus().get(i);
      var bus = vsmmu.pciBus();
      if (bus == null || !vsmmu.isPerBus()) {
        continue;
      }
      var behind = behind(bus);
      if (behind.isEmpty()) {
        continue;
      }
      checkServes(vsmmu, bus, behind);
      serving.putIfAbsent(behind.getFirst().smmu(), bus);
      settled.addAll(behind);
      var missing = new LinkedHashMap<>(overrides.attributes());
      missing.keySet().removeAll(vsmmu.driver().keySet());
      if (!missing.isEmpty()) {
        completed.put(i, missing);
      }
    }
  }

  private static void checkServes(Iommu vsmmu, int bus, List<Subject> behind)
      throws UnplaceableException {
    var first = behind.getFirst();
    if (!vsmmu.accelerated()) {
      throw new UnplaceableException(
          first
              + ": the vSMMU on bus "
              + bus
              + " is not accelerated; write accel='on' in its <driver>, or leave the <iommu> out");
    }
    for (var other : behind) {
      if (!other.smmu().equals(first.smmu())) {
        throw new UnplaceableException(
            "the vSMMU on bus %d has %s and %s, but a vSMMU is backed by one SMMU: put one of them on another expander, or leave its address out"
                .formatted(bus, first, other));
      }
    }
  }

  /** Expanders without a vSMMU on which nothing but devices of an SMMU are. */
  private void adoptExpanders() {
    domain.controllers().stream()
        .filter(controller -> controller.model().equals(PciController.EXPANDER))
        .map(PciController::index)
        .sorted()
        .filter(bus -> domain.iommus().stream().noneMatch(iommu -> bus.equals(iommu.pciBus())))
        .filter(bus -> !hasOthers(bus))
        .forEach(this::adopt);
  }

  private void adopt(int bus) {
    var behind = behind(bus);
    var stays =
        behind.stream()
            .map(Subject::smmu)
            .filter(smmu -> !serving.containsKey(smmu))
            .filter(smmu -> hasRoomForAll(smmu, bus))
            .findFirst();
    if (stays.isEmpty()) {
      return;
    }
    serving.put(stays.get(), bus);
    vsmmus.add(bus);
    behind.stream().filter(subject -> subject.smmu().equals(stays.get())).forEach(settled::add);
    // Those that a device leaves, and those that were spare.
    tree.portsOn(bus).stream()
        .filter(port -> tree.slotsTaken(port).isEmpty())
        .filter(port -> settled.stream().noneMatch(subject -> isOn(subject.device(), port)))
        .forEach(freedPorts::add);
  }

  /** KubeVirt leaves no bus number between its expanders. */
  private boolean hasRoomForAll(String smmu, int bus) {
    var expander = expander(bus);
    var busNr = expander == null ? null : expander.busNr();
    int elsewhere =
        (int)
            subjects.stream()
                .filter(subject -> subject.smmu().equals(smmu))
                .filter(subject -> !isBelow(subject.address(), bus))
                .count();
    return busNr == null || numbers.hasRoom(busNr, elsewhere);
  }

  private boolean hasOthers(int bus) {
    var ours = subjects.stream().map(Subject::device).toList();
    return domain.others().stream().anyMatch(address -> isBelow(address, bus))
        || domain.hostDevices().stream()
            .filter(device -> !ours.contains(device))
            .anyMatch(device -> isBelow(device.address(), bus));
  }

  /** All expanders come before all ports, so that they have the low indexes. */
  private void addExpander(Subject subject) throws UnplaceableException {
    Requirements.checkFree(subject);
    if (!serving.containsKey(subject.smmu())) {
      int expander = indexes.takeAbove(BusTree.ROOT, subject);
      serving.put(subject.smmu(), expander);
      added.add(expander);
      vsmmus.add(expander);
    }
  }

  /** Gives a device a port of its own behind the vSMMU of its SMMU. */
  private void addPort(Subject subject) throws UnplaceableException {
    int expander = Objects.requireNonNull(serving.get(subject.smmu()));
    var wish = wish(subject, expander);
    int port = wish.isPresent() ? wish.getAsInt() : indexes.takeAbove(expander, subject);
    ports
        .computeIfAbsent(expander, unused -> new ArrayList<>())
        .add(new RootPort(port, portAddress(subject, expander)));
    if (wish.isEmpty()) {
      addresses.put(subject.position(), GuestAddress.of(port, 0));
    }
  }

  /** The bus that the device is to be on, when nothing has made that bus yet. */
  private OptionalInt wish(Subject subject, int expander) throws UnplaceableException {
    var address = subject.address();
    if (address == null || tree.rootOf(address.bus()).isPresent()) {
      return OptionalInt.empty();
    }
    if (address.slot() != 0 || address.function() != 0) {
      throw new UnplaceableException(
          "%s: it is to be at %s, but a root port has the slot 0 alone: ask for %04x:%02x:00.0, or for no address"
              .formatted(subject, address, address.domain(), address.bus()));
    }
    boolean twice =
        subjects.stream()
            .anyMatch(other -> !other.equals(subject) && isOn(other.device(), address.bus()));
    if (twice) {
      throw new UnplaceableException(
          subject + ": another device is to be on bus " + address.bus() + " too");
    }
    if (address.bus() <= expander) {
      throw new UnplaceableException(
          "%s: it is to be at %s, but the expander that its vSMMU serves has the index %d, and what is plugged into it needs a higher one: ask for a higher bus, or for no address"
              .formatted(subject, address, expander));
    }
    return OptionalInt.of(address.bus());
  }

  /** Null on the domain's own root, where libvirt knows what is free. */
  private @Nullable GuestAddress portAddress(Subject subject, int expander)
      throws UnplaceableException {
    if (expander == BusTree.ROOT) {
      return null;
    }
    var taken = new TreeSet<>(tree.slotsTaken(expander));
    for (var port : ports.getOrDefault(expander, List.of())) {
      taken.add(Objects.requireNonNull(port.address()).slot());
    }
    for (int slot = 0; slot < SLOTS; slot++) {
      if (!taken.contains(slot)) {
        return GuestAddress.of(expander, slot);
      }
    }
    throw new UnplaceableException(
        "%s: the expander %d of its vSMMU has no free slot: at most %d devices of one SMMU fit into a VM"
            .formatted(subject, expander, SLOTS));
  }

  /** Bus numbers come last: how many an expander needs is known only now. */
  private Plan numbered() throws UnplaceableException {
    makeRoom();
    var busNrs = new LinkedHashMap<Integer, Integer>();
    for (int bus : serving.values()) {
      var controller = expander(bus);
      // One that has a vSMMU and gets no port is as its maker wants it.
      boolean changes = vsmmus.contains(bus) || ports.containsKey(bus);
      if (changes && controller != null && controller.busNr() == null) {
        busNrs.put(bus, take(bus, tree.bridgesBelow(bus) + newPorts(bus)));
      }
    }
    var expanders = new ArrayList<Expander>();
    for (int bus : added) {
      expanders.add(new Expander(bus, take(bus, newPorts(bus)), cell(bus)));
    }
    return new Plan(
        expanders,
        ports.values().stream()
            .flatMap(List::stream)
            .sorted(Comparator.comparingInt(RootPort::index))
            .toList(),
        vsmmus,
        overrides.attributes(),
        addresses,
        busNrs,
        freedPorts,
        completed,
        placements());
  }

  private static BusNumbers numbers(Domain domain, BusTree tree) {
    var bridges = new HashMap<Integer, Integer>();
    for (var controller : domain.controllers()) {
      var busNr = controller.busNr();
      if (controller.isExpander() && busNr != null) {
        bridges.put(busNr, tree.bridgesBelow(controller.index()));
      }
    }
    return new BusNumbers(tree.bridgesBelow(BusTree.ROOT), bridges);
  }

  /** For the ports that are added to expanders that are there. */
  private void makeRoom() throws UnplaceableException {
    for (int bus : ports.keySet()) {
      var controller = expander(bus);
      var busNr = controller == null ? null : controller.busNr();
      if (busNr != null && !numbers.extend(busNr, newPorts(bus))) {
        throw new UnplaceableException(
            "%s: no bus number is left for it behind expander %d (busNr %d): the next expander follows too closely; give that one, or both, no busNr"
                .formatted(firstPlacedOn(bus), bus, busNr));
      }
    }
  }

  private int take(int bus, int bridges) throws UnplaceableException {
    return numbers
        .take(bridges)
        .orElseThrow(() ->
            new UnplaceableException(
                "%s: no %d bus numbers in a row are left for the expander of its vSMMU; the domain has too many PCI controllers"
                    .formatted(firstPlacedOn(bus), bridges + 1)));
  }

  private Subject firstPlacedOn(int bus) {
    return subjects.stream()
        .filter(subject -> Integer.valueOf(bus).equals(serving.get(subject.smmu())))
        .findFirst()
        .orElseThrow();
  }

  private int newPorts(int bus) {
    return ports.getOrDefault(bus, List.of()).size();
  }

  private @Nullable PciController expander(int bus) {
    return domain.controllers().stream()
        .filter(controller -> controller.index() == bus && controller.isExpander())
        .findFirst()
        .orElse(null);
  }

  /** All devices of an SMMU are on one host node; those that know it say which. */
  private @Nullable Integer cell(int bus) {
    for (var subject : subjects) {
      var node = subject.numaNode();
      if (node != null && Integer.valueOf(bus).equals(serving.get(subject.smmu()))) {
        var cell = domain.numa().cellOf(node);
        return cell.isPresent() ? cell.getAsInt() : null;
      }
    }
    return null;
  }

  private List<Placement> placements() {
    var placements = new ArrayList<Placement>();
    serving.forEach((smmu, bus) -> {
      var devices = new LinkedHashMap<PciAddress, @Nullable GuestAddress>();
      subjects.stream()
          .filter(subject -> subject.smmu().equals(smmu))
          .sorted(Comparator.comparing(subject -> subject.device().host()))
          .forEach(subject ->
              devices.put(
                  subject.device().host(),
                  addresses.getOrDefault(subject.position(), subject.address())));
      placements.add(new Placement(smmu, bus, devices));
    });
    return placements;
  }

  private List<Subject> behind(int bus) {
    return subjects.stream().filter(subject -> isBelow(subject.address(), bus)).toList();
  }

  private boolean isBelow(@Nullable GuestAddress address, int root) {
    return address != null && tree.rootOf(address.bus()).equals(OptionalInt.of(root));
  }

  private static boolean isOn(HostDevice device, int bus) {
    var address = device.address();
    return address != null && address.bus() == bus;
  }
}
