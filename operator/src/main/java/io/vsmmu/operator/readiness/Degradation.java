package io.vsmmu.operator.readiness;

import static java.util.stream.Collectors.joining;

import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.DeviceState;
import io.vsmmu.api.v1alpha1.DeviceStatus;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

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
    return unusable.isEmpty()
        ? new Judgement(
            ConditionType.Degraded, false, "AsExpected", "every device that matches is usable")
        : new Judgement(ConditionType.Degraded, true, "DevicesUnusable", describe(unusable));
  }

  private static String describe(List<DeviceStatus> unusable) {
    String named =
        unusable.stream()
            .limit(NAMED)
            .map(device ->
                "%s is %s: %s"
                    .formatted(
                        device.pciAddress(),
                        device.state(),
                        Objects.requireNonNullElse(device.message(), device.reason())))
            .collect(joining("; "));
    int more = unusable.size() - NAMED;
    return more > 0 ? "%s; and %d more".formatted(named, more) : named;
  }
}
