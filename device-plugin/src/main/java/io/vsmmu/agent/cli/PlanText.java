package io.vsmmu.agent.cli;

import io.vsmmu.agent.inventory.Plan;
import io.vsmmu.agent.inventory.Plan.DriverChange;
import io.vsmmu.agent.inventory.Plan.Outcome;
import io.vsmmu.agent.inventory.Plan.PlannedDevice;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import java.util.ArrayList;
import java.util.List;

/** A plan as a diff: {@code +} comes, {@code -} goes, {@code !} stays out, {@code *} is in use. */
final class PlanText {

  private final Plan plan;
  private final List<String> lines = new ArrayList<>();

  PlanText(Plan plan) {
    this.plan = plan;
  }

  List<String> lines(List<ResourceSpec> resources) {
    resources.forEach(this::resource);
    if (!plan.returns().isEmpty()) {
      lines.add("given back to the host:");
      plan.returns().forEach(change -> lines.add("- " + function(change)));
    }
    plan.remarks().forEach(remark -> lines.add("? " + remark));
    if (resources.isEmpty() && plan.returns().isEmpty()) {
      lines.add("nothing is selected, nothing would change");
    }
    return lines;
  }

  private void resource(ResourceSpec resource) {
    var devices =
        plan.devices().stream()
            .filter(device -> device.resource().equals(resource.name()))
            .toList();
    long refused = devices.stream().filter(device -> device.outcome() == Outcome.REFUSE).count();
    lines.add(
        "%s: %d advertised%s"
            .formatted(
                resource.name(),
                plan.advertised(resource.name()),
                refused == 0 ? "" : ", " + refused + " not"));
    devices.forEach(this::device);
  }

  private void device(PlannedDevice device) {
    var first = device.functions().getFirst();
    var smmu = device.smmu() == null ? "behind no SMMU" : device.smmu();
    lines.add("%s %s  %s".formatted(sign(device), function(first), smmu));
    device.functions().stream().skip(1).forEach(change -> lines.add("  with " + function(change)));
    if (!device.message().isEmpty()) {
      lines.add(
          device.outcome() == Outcome.REFUSE
              ? "    %s: %s".formatted(device.reason(), device.message())
              : "    " + device.message());
    }
  }

  private static String sign(PlannedDevice device) {
    return switch (device.outcome()) {
      case ADVERTISE -> device.moves() ? "+" : "=";
      case IN_USE -> "*";
      case REFUSE -> "!";
    };
  }

  private static String function(DriverChange change) {
    return "%s  %s".formatted(change.function(), change.text());
  }
}
