package io.vsmmu.operator.readiness;

import static java.util.stream.Collectors.joining;

import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.DeviceState;
import io.vsmmu.api.v1alpha1.DeviceStatus;
import io.vsmmu.api.v1alpha1.SmmuStatus;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Whether a node works worse than asked for, though it is of use. */
public final class Degradation {

  private static final int NAMED = 3;

  private Degradation() {}

  /** The condition {@code Degraded} that the facts call for; none before the agent reported. */
  public static Optional<Judgement> of(Facts facts) {
    return facts.status().agent() == null ? Optional.empty() : Optional.of(ofReported(facts));
  }

  private static Judgement ofReported(Facts facts) {
    List<DeviceStatus> unusable =
        facts.status().devices().stream()
            .filter(device ->
                device.state() == DeviceState.Unhealthy || device.state() == DeviceState.Ineligible)
            .toList();
    if (!unusable.isEmpty()) {
      return new Judgement(
          ConditionType.Degraded,
          true,
          "DevicesUnusable",
          bounded(unusable, UnusableDevice::describe));
    }
    List<DeviceStatus> notNested = notNested(facts.status());
    return notNested.isEmpty()
        ? new Judgement(
            ConditionType.Degraded, false, "AsExpected", "every device that matches is usable")
        : new Judgement(
            ConditionType.Degraded,
            true,
            "NestingUnsupported",
            "offered with a second stage only: "
                + bounded(notNested, Degradation::obstacle)
                + facts.architectureRemark());
  }

  /** Usable devices whose guests will have no first stage of their own. */
  private static List<DeviceStatus> notNested(VSmmuStatus status) {
    Set<String> unableToNest =
        status.smmus().stream()
            .filter(smmu -> Boolean.FALSE.equals(smmu.nesting()))
            .map(SmmuStatus::name)
            .collect(Collectors.toSet());
    return status.devices().stream()
        .filter(device -> device.smmu() == null || unableToNest.contains(device.smmu()))
        .toList();
  }

  private static String obstacle(DeviceStatus device) {
    return device.smmu() == null
        ? device.pciAddress() + " is behind no SMMU"
        : "%s is behind %s, which cannot nest".formatted(device.pciAddress(), device.smmu());
  }

  private static String bounded(
      List<DeviceStatus> devices, Function<DeviceStatus, String> description) {
    String named = devices.stream().limit(NAMED).map(description).collect(joining("; "));
    int more = devices.size() - NAMED;
    return more > 0 ? "%s; and %d more".formatted(named, more) : named;
  }
}
