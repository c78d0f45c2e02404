package io.vsmmu.agent.inventory;

import io.vsmmu.agent.inventory.Plan.DriverChange;
import io.vsmmu.agent.inventory.Plan.Outcome;
import io.vsmmu.agent.inventory.Plan.PlannedDevice;
import io.vsmmu.agent.inventory.Selection.Unit;
import io.vsmmu.agent.probe.Obstacle;
import io.vsmmu.agent.probe.SmmuReport;
import io.vsmmu.api.v1alpha1.Management;
import io.vsmmu.api.v1alpha1.Nesting;
import io.vsmmu.iommufd.topology.NodeTopology;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.PciFunction;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Tells what the inventory would do, by the same rules and without doing it.
 *
 * @param topology the node as it is
 * @param smmus what is known about its SMMUs, by name
 * @param allocated whether a container has a function
 * @param host who has which driver
 */
public record Planner(
    NodeTopology topology,
    Map<String, SmmuReport> smmus,
    Predicate<PciAddress> allocated,
    HostDrivers host) {

  private static final String READY = "Ready";

  /** What would become of the node's devices; {@code dryRun} makes no difference. */
  public Plan plan(Wish wish) {
    return plan(Selection.of(topology, wish.resources()));
  }

  Plan plan(Selection selection) {
    var assessment = new Assessment(topology, Map.of(), smmus, allocated);
    var devices = new ArrayList<PlannedDevice>();
    var wanted = new HashSet<PciAddress>();
    for (var unit : selection.units()) {
      var obstacle = assessment.beforeBinding(unit);
      if (isManaged(unit) && obstacle.isEmpty()) {
        unit.functions().forEach(function -> wanted.add(function.address()));
      }
      devices.add(device(assessment, unit, obstacle));
    }
    var returns =
        host.boundByUs().stream()
            .filter(address -> !wanted.contains(address))
            .flatMap(address -> topology.function(address).stream())
            .map(this::givenBack)
            .filter(DriverChange::moves)
            .toList();
    var remarks = new ArrayList<>(topology.faults());
    remarks.addAll(selection.remarks());
    return new Plan(devices, returns, remarks);
  }

  private DriverChange givenBack(PciFunction function) {
    return new DriverChange(
        function.address(), function.driver(), host.original(function).orElse(null));
  }

  private PlannedDevice device(Assessment assessment, Unit unit, Optional<Obstacle> beforeBinding) {
    if (unit.functions().stream().map(PciFunction::address).anyMatch(allocated)) {
      return of(unit, false, Outcome.IN_USE, "Allocated", "a container has it");
    }
    var obstacle =
        beforeBinding.or(() -> isManaged(unit) ? refusal(unit) : assessment.notOnVfio(unit));
    if (obstacle.isPresent()) {
      return of(unit, false, Outcome.REFUSE, obstacle.get().reason(), obstacle.get().message());
    }
    return of(unit, isManaged(unit), Outcome.ADVERTISE, READY, proviso(unit));
  }

  private Optional<Obstacle> refusal(Unit unit) {
    return unit.functions().stream()
        .flatMap(function -> host.refusal(function, unit.resource().driver()).stream())
        .findFirst();
  }

  /** What only binding the device will tell. */
  private String proviso(Unit unit) {
    var smmu = unit.first().smmu();
    boolean settled = Optional.ofNullable(smmus.get(smmu)).filter(it -> !it.passing()).isPresent();
    return unit.resource().nesting() == Nesting.Required && !settled
        ? "if %s can nest, which is probed once a device behind it is on %s"
            .formatted(smmu, unit.resource().driver())
        : "";
  }

  private static boolean isManaged(Unit unit) {
    return unit.resource().binding() == Management.Managed;
  }

  private static PlannedDevice of(
      Unit unit, boolean moves, Outcome outcome, String reason, String message) {
    @Nullable String target = moves ? unit.resource().driver() : null;
    List<DriverChange> functions =
        unit.functions().stream()
            .map(function ->
                new DriverChange(
                    function.address(),
                    function.driver(),
                    target == null ? function.driver() : target))
            .toList();
    return new PlannedDevice(
        unit.first().address().toString(),
        unit.resource().name(),
        unit.first().smmu(),
        functions,
        outcome,
        reason,
        message);
  }
}
