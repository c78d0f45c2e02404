package io.vsmmu.agent.inventory;

import io.vsmmu.agent.binding.Binder;
import io.vsmmu.agent.flow.Loop;
import io.vsmmu.agent.flow.Publisher;
import io.vsmmu.agent.flow.Subscription;
import io.vsmmu.agent.inventory.DeviceClaims.Purpose;
import io.vsmmu.agent.inventory.Plan.DriverChange;
import io.vsmmu.agent.inventory.Plan.PlannedDevice;
import io.vsmmu.agent.inventory.Selection.Unit;
import io.vsmmu.agent.probe.ConfigSpace;
import io.vsmmu.agent.probe.Obstacle;
import io.vsmmu.agent.probe.Prober;
import io.vsmmu.agent.probe.SmmuReport;
import io.vsmmu.api.v1alpha1.Management;
import io.vsmmu.iommufd.topology.NodeTopology;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.PciFunction;
import io.vsmmu.iommufd.topology.SysfsTopology;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the node's devices what the VSmmu wishes them to be, and tells what became of it. One
 * thread does all of it: it looks at sysfs, binds what is wanted, gives back what is not, probes
 * what is new, and publishes the result. It does nothing before it knows a wish.
 */
public final class NodeInventory implements Inventory, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(NodeInventory.class);

  /**
   * How often to look when nobody says that something changed: events can be lost, and none tells
   * that a process has closed a device, or that the host uses one no longer.
   */
  private static final Duration PERIOD = Duration.ofSeconds(10);

  private static final NodeReport NOTHING_YET =
      new NodeReport(
          Wish.NONE,
          NodeTopology.of(List.of(), List.of(), List.of()),
          InventorySnapshot.EMPTY,
          Map.of(),
          Set.of(),
          List.of());

  private final Path sysfs;
  private final Binder binder;
  private final Prober prober;
  private final DeviceClaims claims;
  private final DeviceMoves moves;
  private final SmmuReports smmus;
  private final Publisher<InventorySnapshot> snapshots = new Publisher<>(InventorySnapshot.EMPTY);
  private final Publisher<NodeReport> reports = new Publisher<>(NOTHING_YET);

  /** Probed devices and the VFIO node that they had then: another node is another bind. */
  private final Map<PciAddress, String> probed = new HashMap<>();

  /** SMMUs that were asked about at the present look. */
  private final Set<String> asked = new HashSet<>();

  /** Functions that did not answer, or could not be bound, when that was last tried. */
  private final Set<PciAddress> doubted = ConcurrentHashMap.newKeySet();

  /** What is wrong with a device as of the present look, by its first function. */
  private final Map<PciAddress, Obstacle> trouble = new HashMap<>();

  /** What was logged at the last look, so that lasting trouble is logged once. */
  private final Set<String> logged = new HashSet<>();

  private volatile List<HeldDevices> held = List.of();
  private volatile @Nullable Wish wish;
  private final Loop loop;

  private NodeInventory(
      Path sysfs, Binder binder, Prober prober, DeviceClaims claims, SmmuReports smmus) {
    this.sysfs = sysfs;
    this.binder = binder;
    this.prober = prober;
    this.claims = claims;
    this.moves = new DeviceMoves(sysfs, binder, prober, claims);
    this.smmus = smmus;
    this.loop = Loop.start("inventory", PERIOD, this::look);
  }

  /**
   * Starts the thread; it waits for a wish.
   *
   * @param sysfs {@code /sys}
   * @param stateFolder where results of probes are kept
   * @param bootId the running boot
   * @throws IOException when {@code stateFolder} cannot be read
   */
  public static NodeInventory open(
      Path sysfs,
      Binder binder,
      Prober prober,
      DeviceClaims claims,
      Path stateFolder,
      String bootId)
      throws IOException {
    return new NodeInventory(sysfs, binder, prober, claims, SmmuReports.open(stateFolder, bootId));
  }

  /**
   * Says what containers have since before this agent started. Call before the first wish, which
   * may no longer select it, or under another name.
   */
  public void held(List<HeldDevices> devices) {
    held = List.copyOf(devices);
  }

  /** Says what is wished from now on. */
  public void wish(Wish next) {
    wish = next;
    refresh();
  }

  /**
   * Says that functions do not answer, or cannot be bound. They are probed at the next look, which
   * is soon, and unhealthy as long as that fails, at every look until it does not.
   */
  public void doubt(Collection<PciAddress> functions) {
    doubted.addAll(functions);
    if (!functions.isEmpty()) {
      refresh();
    }
  }

  /** Makes the inventory look again soon. */
  public void refresh() {
    loop.poke();
  }

  @Override
  public InventorySnapshot snapshot() {
    return snapshots.current();
  }

  @Override
  public Subscription subscribe(Consumer<InventorySnapshot> listener) {
    return snapshots.subscribe(listener);
  }

  /** All that is known, with the wish that it answers. */
  public NodeReport report() {
    return reports.current();
  }

  /** As {@link #subscribe}, for all that is known. */
  public Subscription subscribeReports(Consumer<NodeReport> listener) {
    return reports.subscribe(listener);
  }

  /** Stops looking. Devices stay as they are. */
  @Override
  public void close() {
    loop.close();
  }

  private void look() {
    var followed = wish;
    if (followed == null) {
      return;
    }
    try {
      var topology = SysfsTopology.read(sysfs);
      var remarks = new ArrayList<String>();
      var selection = Selection.of(topology, followed.resources());
      trouble.clear();
      if (followed.dryRun()) {
        planOnly(topology, selection, remarks);
      } else {
        forgetProbesOfDoubted();
        if (moveDevices(followed, topology, selection.units(), remarks)) {
          topology = SysfsTopology.read(sysfs);
          selection = Selection.of(topology, followed.resources());
        }
        probeNew(followed, topology, selection.units());
      }
      remarks.addAll(topology.faults());
      remarks.addAll(selection.remarks());
      log(remarks);
      publish(followed, topology, selection, remarks);
    } catch (IOException e) {
      LOG.error("sysfs cannot be read; the inventory stays as it was", e);
    }
  }

  private void planOnly(NodeTopology topology, Selection selection, List<String> remarks) {
    var plan =
        new Planner(topology, smmus.all(), claims::allocated, HostDrivers.of(binder))
            .plan(selection);
    for (var device : plan.devices()) {
      trouble.put(PciAddress.parse(device.id()), dryRun(device));
    }
    for (var change : plan.returns()) {
      remarks.add("%s would be given back: %s".formatted(change.function(), change.text()));
    }
  }

  private static Obstacle dryRun(PlannedDevice device) {
    if (device.outcome() == Plan.Outcome.REFUSE) {
      return new Obstacle(device.reason(), device.message());
    }
    var moves =
        device.functions().stream()
            .filter(DriverChange::moves)
            .map(change -> "%s would move: %s; ".formatted(change.function(), change.text()))
            .collect(Collectors.joining());
    return new Obstacle(
        "DryRun",
        "%s%s would be advertised as %s%s; set dryRun: false"
            .formatted(
                moves,
                device.id(),
                device.resource(),
                device.message().isEmpty() ? "" : ", " + device.message()));
  }

  /** Binds what is wanted and gives back what is not; whether any function moved. */
  private boolean moveDevices(
      Wish followed, NodeTopology topology, List<Unit> units, List<String> remarks) {
    boolean moved = false;
    moves.look(topology);
    // Nodes are numbered anew: what has been elsewhere since may have the same one.
    probed
        .keySet()
        .removeIf(address -> topology.function(address).filter(PciFunction::onVfio).isEmpty());
    var rules = rules(topology);
    var wanted = new HashSet<PciAddress>();
    for (var unit : units) {
      if (unit.resource().binding() == Management.Managed && rules.beforeBinding(unit).isEmpty()) {
        unit.functions().forEach(function -> wanted.add(function.address()));
        if (moves.bind(followed, unit, obstacle -> note(unit, obstacle))) {
          moved = true;
          unit.functions().forEach(function -> probed.remove(function.address()));
        }
      }
    }
    for (var address : binder.boundByUs()) {
      if (!wanted.contains(address)) {
        moved |= moves.giveBack(address, remarks::add);
      }
    }
    return moved;
  }

  private void probeNew(Wish followed, NodeTopology topology, List<Unit> units) {
    asked.clear();
    for (var unit : units) {
      // Anew each time: one that was just probed tells of all behind its SMMU.
      if (rules(topology).beforeBinding(unit).isPresent()
          || !unit.functions().stream().allMatch(PciFunction::onVfio)) {
        continue;
      }
      for (var function : unit.functions()) {
        var useless = probe(unit, function);
        if (useless.isPresent() && isAlone(topology, unit)) {
          moves.undo(followed, unit, useless.get(), obstacle -> note(unit, obstacle));
          break;
        }
      }
    }
  }

  /** Whether nobody can have the group through a function that is not the unit's. */
  private static boolean isAlone(NodeTopology topology, Unit unit) {
    return Optional.ofNullable(unit.first().iommuGroup()).flatMap(topology::group).stream()
        .flatMap(group -> group.functions().stream())
        .flatMap(address -> topology.function(address).stream())
        .filter(member -> !unit.functions().contains(member))
        .noneMatch(PciFunction::onVfio);
  }

  private void forgetProbesOfDoubted() {
    for (var address : Set.copyOf(doubted)) {
      doubted.remove(address);
      probed.remove(address);
    }
  }

  /** Why it can never be used; empty when it can, or that cannot be told. */
  private Optional<Obstacle> probe(Unit unit, PciFunction function) {
    var smmu = function.smmu();
    if (smmu == null
        || function.vfioDevice() == null
        || (function.vfioDevice().equals(probed.get(function.address())) && !isToBeAsked(smmu))) {
      return Optional.empty();
    }
    var claim = claims.tryClaim(Set.of(function.address()), Purpose.MAINTENANCE, "probe");
    if (claim.isEmpty()) {
      return Optional.empty();
    }
    try (var _ = claim.get()) {
      var result = prober.probe(function, isToBeAsked(smmu));
      if (result.smmu() != null) {
        asked.add(smmu);
        learn(result.smmu());
      }
      var obstacle =
          Optional.ofNullable(result.obstacle())
              // Binding it has reset it.
              .or(() -> ConfigSpace.silence(sysfs, function.address()));
      if (obstacle.isEmpty()) {
        probed.put(function.address(), function.vfioDevice());
      } else {
        note(unit, obstacle.get());
      }
      return result.lasting() ? obstacle : Optional.empty();
    }
  }

  /** Once a look, until something is known that will hold. */
  private boolean isToBeAsked(String smmu) {
    return smmus.isOpen(smmu) && !asked.contains(smmu);
  }

  private void learn(SmmuReport report) {
    if (!report.equals(smmus.all().get(report.smmu()))) {
      LOG.info("{}: nesting {}", report.smmu(), report.nesting() ? "works" : report);
      smmus.add(report);
    }
  }

  private void publish(
      Wish followed, NodeTopology topology, Selection selection, List<String> remarks) {
    var assessment = assessment(topology);
    var before = held.isEmpty() ? snapshots.current() : assessment.before(held);
    held = List.of();
    var snapshot = assessment.snapshot(followed, selection.units(), before);
    snapshots.publish(snapshot);
    reports.publish(
        new NodeReport(followed, topology, snapshot, smmus.all(), binder.boundByUs(), remarks));
  }

  /** What decides before a device is touched; there may be thousands of them in trouble. */
  private Assessment rules(NodeTopology topology) {
    return new Assessment(topology, Map.of(), smmus.all(), claims::allocated);
  }

  private Assessment assessment(NodeTopology topology) {
    return new Assessment(topology, Map.copyOf(trouble), smmus.all(), claims::allocated);
  }

  private void note(Unit unit, Obstacle obstacle) {
    trouble.put(unit.first().address(), obstacle);
  }

  private void log(List<String> remarks) {
    var now = new HashSet<>(remarks);
    trouble.values().forEach(obstacle -> now.add(obstacle.message()));
    now.stream().filter(text -> !logged.contains(text)).forEach(LOG::warn);
    logged.clear();
    logged.addAll(now);
  }
}
