package io.vsmmu.operator.status;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.operator.readiness.Judgement;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** Turns judgements into the fields that the operator owns. */
final class OperatorStatus {

  /** The schema's limit of a message, which may quote one of the agent's that is as long. */
  private static final int LONGEST_MESSAGE = 32768;

  private OperatorStatus() {}

  /**
   * What is to be applied.
   *
   * @param current the whole status as it is
   * @param generation of the spec that was judged
   * @param report what is to be said
   * @param now time of a transition, if there is one
   * @return the operator's fields, or nothing when they are as they should be
   */
  static Optional<VSmmuStatus> change(
      VSmmuStatus current, long generation, OperatorReport report, Instant now) {
    List<Condition> wanted =
        report.judgements().stream()
            .map(each -> condition(current, generation, each, now))
            .toList();
    boolean same =
        Objects.equals(current.observedGeneration(), generation)
            && Objects.equals(current.kubevirt(), report.kubevirt())
            && Set.copyOf(owned(current)).equals(Set.copyOf(wanted));
    return same
        ? Optional.empty()
        : Optional.of(VSmmuStatus.ofOperator(generation, wanted, report.kubevirt()));
  }

  /** What is not the operator's. */
  static VSmmuStatus ofOthers(VSmmuStatus status) {
    return new VSmmuStatus(
        null,
        status.conditions().stream()
            .filter(condition ->
                ConditionType.OPERATORS.stream()
                    .noneMatch(type -> type.name().equals(condition.getType())))
            .toList(),
        status.agent(),
        status.node(),
        status.smmus(),
        status.devices(),
        status.virtualMachines(),
        status.counts(),
        null);
  }

  private static List<Condition> owned(VSmmuStatus status) {
    return ConditionType.OPERATORS.stream()
        .flatMap(type -> type.in(status.conditions()).stream())
        .toList();
  }

  private static Condition condition(
      VSmmuStatus current, long generation, Judgement judgement, Instant now) {
    String status = judgement.holds() ? "True" : "False";
    String since =
        judgement
            .type()
            .in(current.conditions())
            .filter(condition -> status.equals(condition.getStatus()))
            .map(Condition::getLastTransitionTime)
            .orElseGet(() -> now.truncatedTo(ChronoUnit.SECONDS).toString());
    return new ConditionBuilder()
        .withType(judgement.type().name())
        .withStatus(status)
        .withReason(judgement.reason())
        .withMessage(cut(judgement.message()))
        .withObservedGeneration(generation)
        .withLastTransitionTime(since)
        .build();
  }

  private static String cut(String message) {
    return message.length() > LONGEST_MESSAGE ? message.substring(0, LONGEST_MESSAGE) : message;
  }
}
