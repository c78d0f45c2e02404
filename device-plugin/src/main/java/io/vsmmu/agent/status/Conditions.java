package io.vsmmu.agent.status;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.vsmmu.agent.allocation.Allocation;
import io.vsmmu.agent.inventory.Device;
import io.vsmmu.agent.inventory.NodeReport;
import io.vsmmu.agent.probe.SmmuReport;
import io.vsmmu.agent.status.AgentFacts.Registration;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The agent's conditions. A transition time stays as long as the status that it dates. */
final class Conditions {

  /** The schema's limit of a message. */
  private static final int LONGEST = 32768;

  private final VSmmuView vsmmu;
  private final long generation;
  private final Instant now;

  /**
   * Conditions that succeed those of an object.
   *
   * @param generation of the wish that they speak of
   * @param now dates transitions
   */
  Conditions(VSmmuView vsmmu, long generation, Instant now) {
    this.vsmmu = vsmmu;
    this.generation = generation;
    this.now = now.truncatedTo(ChronoUnit.SECONDS);
  }

  List<Condition> of(AgentFacts facts) {
    return List.of(
        discovered(facts.report()),
        nestingSupported(facts.report()),
        registered(facts),
        released(facts));
  }

  private Condition discovered(NodeReport report) {
    var devices = report.inventory().devices();
    var counts =
        devices.stream()
            .collect(Collectors.groupingBy(Device::state, TreeMap::new, Collectors.counting()));
    var summary =
        "%d SMMUs, devices by state: %s".formatted(report.topology().smmus().size(), counts);
    var remarks =
        Stream.concat(unlisted(devices).stream(), report.remarks().stream())
            .map(remark -> "; " + remark)
            .collect(Collectors.joining());
    return condition(
        ConditionType.Discovered,
        "True",
        remarks.isEmpty() ? "Discovered" : "DiscoveredWithRemarks",
        summary + remarks);
  }

  /** What the list of devices has no room for. */
  private static Optional<String> unlisted(List<Device> devices) {
    int functions = devices.stream().mapToInt(device -> device.functions().size()).sum();
    return functions <= VSmmuStatus.MAX_DEVICES
        ? Optional.empty()
        : Optional.of(
            ("status.devices lists %d of %d functions, available ones last; 'vsmmu plan' on the node"
                    + " lists all")
                .formatted(VSmmuStatus.MAX_DEVICES, functions));
  }

  private Condition nestingSupported(NodeReport report) {
    var type = ConditionType.NestingSupported;
    var smmus =
        report.inventory().devices().stream()
            .map(Device::smmu)
            .filter(Objects::nonNull)
            .distinct()
            .toList();
    if (smmus.isEmpty()) {
      return condition(type, "Unknown", "NoDevices", "no device behind an SMMU is selected");
    }
    var known = smmus.stream().map(report.smmus()::get).filter(Objects::nonNull).toList();
    var lacking = known.stream().filter(smmu -> !smmu.nesting()).toList();
    if (!lacking.isEmpty()) {
      return condition(
          type,
          "False",
          Objects.requireNonNull(lacking.getFirst().obstacle()).reason(),
          lacking.stream().map(Conditions::lack).collect(Collectors.joining("; ")));
    }
    if (known.size() < smmus.size()) {
      return condition(
          type,
          "Unknown",
          "NotProbed",
          smmus.stream()
              .filter(smmu -> !report.smmus().containsKey(smmu))
              .collect(Collectors.joining(", ", "not probed yet: ", "")));
    }
    return condition(
        type, "True", "Nests", "a guest's SMMU can be nested on " + String.join(", ", smmus));
  }

  private static String lack(SmmuReport smmu) {
    return smmu.smmu() + ": " + Objects.requireNonNull(smmu.obstacle()).message();
  }

  private Condition registered(AgentFacts facts) {
    var type = ConditionType.Registered;
    var resources = facts.report().inventory().resources();
    if (resources.isEmpty()) {
      return facts.report().wish().dryRun()
          ? condition(type, "False", "DryRun", "nothing is advertised; set dryRun: false")
          : condition(type, "False", "NoResources", "there is no resource to advertise");
    }
    var missing =
        resources.stream()
            .filter(resource -> !isRegistered(facts.registrations().get(resource)))
            .toList();
    if (missing.isEmpty()) {
      return condition(
          type,
          "True",
          "Registered",
          "kubelet knows the devices of " + String.join(", ", resources));
    }
    return condition(
        type,
        "False",
        reason(facts.registrations().get(missing.getFirst())),
        missing.stream()
            .map(resource -> resource + ": " + text(facts.registrations().get(resource)))
            .collect(Collectors.joining("; ")));
  }

  private static boolean isRegistered(@Nullable Registration registration) {
    return registration != null && registration.registered();
  }

  private static String reason(@Nullable Registration registration) {
    return registration == null ? "NotRegistered" : registration.reason();
  }

  private static String text(@Nullable Registration registration) {
    return registration == null ? "not registered with kubelet yet" : registration.message();
  }

  private Condition released(AgentFacts facts) {
    var type = ConditionType.Released;
    if (!vsmmu.deleting()) {
      return condition(type, "False", "InService", "the VSmmu is not being deleted");
    }
    var report = facts.report();
    if (!report.wish().resources().isEmpty() || !facts.registrations().isEmpty()) {
      return condition(type, "False", "Withdrawing", "the devices are still advertised");
    }
    if (!facts.allocations().isEmpty()) {
      return condition(
          type,
          "False",
          "InUse",
          "waits for "
              + facts.allocations().stream()
                  .map(Conditions::user)
                  .collect(Collectors.joining(", ")));
    }
    if (!report.boundByUs().isEmpty()) {
      return condition(
          type,
          "False",
          "GivingBack",
          Stream.concat(
                  report.boundByUs().stream().sorted().map(Object::toString),
                  report.remarks().stream())
              .collect(Collectors.joining("; ", "still to be given back: ", "")));
    }
    return condition(type, "True", "Released", "all devices are with whom they were before");
  }

  private static String user(Allocation allocation) {
    var container = allocation.container();
    return container == null
        ? "allocation " + allocation.id()
        : "pod %s/%s".formatted(container.namespace(), container.pod());
  }

  private Condition condition(ConditionType type, String status, String reason, String message) {
    var before = type.in(vsmmu.conditions());
    var since =
        before
            .filter(condition -> condition.getStatus().equals(status))
            .map(Condition::getLastTransitionTime)
            .orElse(now.toString());
    return new ConditionBuilder()
        .withType(type.name())
        .withStatus(status)
        .withReason(reason)
        .withMessage(message.length() > LONGEST ? message.substring(0, LONGEST) : message)
        .withObservedGeneration(generation)
        .withLastTransitionTime(since)
        .build();
  }
}
