package io.vsmmu.operator.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.Event;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.EffectiveSocket;
import io.vsmmu.api.v1alpha1.KubeVirtMachine;
import io.vsmmu.api.v1alpha1.KubeVirtStatus;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.operator.readiness.Judgement;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class OperatorStatusTest {

  private static final Instant THEN = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant NOW = THEN.plusSeconds(60);
  private static final Judgement PROVEN =
      new Judgement(ConditionType.Ready, true, "Proven", "all agree");
  private static final Judgement STALE =
      new Judgement(ConditionType.Ready, false, "AgentStale", "silent");
  private static final KubeVirtStatus KUBEVIRT =
      new KubeVirtStatus(
          EffectiveSocket.Always, List.of(new KubeVirtMachine("tenants", "virt-launcher-a", "a")));
  private static final Condition THE_AGENTS =
      new ConditionBuilder().withType("Discovered").withStatus("True").build();

  @Test
  void whatIsAsItShouldBeIsNotWritten() {
    assertThat(OperatorStatus.change(statusAfter(PROVEN), 1, report(PROVEN), NOW)).isEmpty();
  }

  @Test
  void onlyTheOperatorsFieldsAreSent() {
    VSmmuStatus change =
        OperatorStatus.change(statusAfter(PROVEN), 2, report(STALE), NOW).orElseThrow();

    assertThat(change).isEqualTo(VSmmuStatus.ofOperator(2, change.conditions(), KUBEVIRT));
    assertThat(change.conditions())
        .singleElement()
        .satisfies(condition -> {
          assertThat(condition.getType()).isEqualTo("Ready");
          assertThat(condition.getStatus()).isEqualTo("False");
          assertThat(condition.getLastTransitionTime()).isEqualTo(NOW.toString());
          assertThat(condition.getObservedGeneration()).isEqualTo(2);
        });
  }

  @Test
  void aChangeThatConcernsKubeVirtAloneIsWritten() {
    OperatorReport withoutKubeVirt = new OperatorReport(List.of(PROVEN), null);

    assertThat(OperatorStatus.change(statusAfter(PROVEN), 1, withoutKubeVirt, NOW))
        .hasValueSatisfying(change -> assertThat(change.kubevirt()).isNull());
  }

  @Test
  void aConditionThatStaysKeepsTheTimeOfItsTransition() {
    Judgement reworded = new Judgement(ConditionType.Ready, true, "Proven", "all still agree");

    VSmmuStatus change =
        OperatorStatus.change(statusAfter(PROVEN), 1, report(reworded), NOW).orElseThrow();

    assertThat(change.conditions().getFirst().getLastTransitionTime()).isEqualTo(THEN.toString());
  }

  @Test
  void aMessageThatTheApiWouldNotTakeIsCut() {
    Judgement quoting =
        new Judgement(ConditionType.Ready, false, "NotRegistered", "it says: " + "x".repeat(32768));

    VSmmuStatus change =
        OperatorStatus.change(VSmmuStatus.EMPTY, 1, report(quoting), NOW).orElseThrow();

    assertThat(change.conditions().getFirst().getMessage())
        .startsWith("it says: xx")
        .hasSize(32768);
    assertThat(OperatorStatus.change(change, 1, report(quoting), NOW)).isEmpty();
  }

  @Test
  void aConditionThatIsNoLongerJudgedIsTakenBack() {
    Judgement degraded = new Judgement(ConditionType.Degraded, true, "DevicesUnusable", "two");

    assertThat(OperatorStatus.change(statusAfter(PROVEN, degraded), 1, report(PROVEN), NOW))
        .hasValueSatisfying(change ->
            assertThat(change.conditions())
                .extracting(Condition::getType)
                .containsExactly("Ready"));
  }

  @Test
  void eventsTellOfTransitionsOnly() {
    Judgement reworded = new Judgement(ConditionType.Ready, true, "Proven", "all still agree");

    assertThat(events(statusAfter(PROVEN), reworded)).isEmpty();
    assertThat(events(statusAfter(PROVEN), STALE))
        .extracting(Event::getType, Event::getReason, Event::getMessage)
        .containsExactly(tuple("Warning", "AgentStale", "Ready: silent"));
    assertThat(events(statusAfter(STALE), PROVEN))
        .extracting(Event::getType)
        .containsExactly("Normal");
  }

  @Test
  void thatNothingIsWrongIsNoNewsAtFirst() {
    Judgement fine = new Judgement(ConditionType.Degraded, false, "AsExpected", "all usable");
    Judgement degraded = new Judgement(ConditionType.Degraded, true, "DevicesUnusable", "two");

    assertThat(events(VSmmuStatus.EMPTY, fine)).isEmpty();
    assertThat(events(VSmmuStatus.EMPTY, degraded)).extracting(Event::getType).contains("Warning");
    assertThat(events(statusAfter(degraded), fine)).extracting(Event::getType).contains("Normal");
  }

  private static List<Event> events(VSmmuStatus before, Judgement judgement) {
    VSmmu vsmmu = VSmmu.of(new VSmmuSpec("n1", null, null, null));
    return Transitions.of(vsmmu, before, List.of(judgement), NOW);
  }

  /** As it was written a while ago, beside what the agent wrote. */
  private static VSmmuStatus statusAfter(Judgement... judgements) {
    List<Condition> ours =
        OperatorStatus.change(VSmmuStatus.EMPTY, 1, report(judgements), THEN)
            .orElseThrow()
            .conditions();
    return new VSmmuStatus(
        1L,
        Stream.concat(Stream.of(THE_AGENTS), ours.stream()).toList(),
        null,
        null,
        null,
        null,
        null,
        null,
        KUBEVIRT);
  }

  private static OperatorReport report(Judgement... judgements) {
    return new OperatorReport(List.of(judgements), KUBEVIRT);
  }
}
