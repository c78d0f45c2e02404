package io.vsmmu.agent.allocation;

import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.agent.allocation.ReleaseRule.Sightings;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReleaseRuleTest {

  private static final Instant ANSWERED = Instant.parse("2026-01-01T00:00:00Z");
  private static final ReleaseRule RULE =
      new ReleaseRule(Duration.ofSeconds(5), Duration.ofSeconds(60));

  private Sightings sightings = Sightings.none(ANSWERED, false);

  @Test
  void aListThatWasAskedForBeforeTheAnswerSaysNothing() {
    see(-1, true);
    see(-1, false);

    assertThat(sightings).isEqualTo(Sightings.none(ANSWERED, false));
  }

  @Test
  void whatIsListedIsNotOver() {
    see(1, true);
    see(1000, true);

    assertThat(over(1000)).isFalse();
  }

  @Test
  void whatWasListedIsOverAfterItWasMissingForAWhile() {
    see(1, true);
    see(10, false);

    assertThat(over(14)).isFalse();
    assertThat(over(15)).isTrue();
  }

  @Test
  void whatTheSameRunOfKubeletNoLongerListsIsOver() {
    see("run 1", 1, true);
    see("run 1", 3, false);

    assertThat(over(3)).isTrue();
  }

  @Test
  void whatAnotherRunOfKubeletDoesNotListIsOverAfterAWhile() {
    see("run 1", 1, true);
    see("run 2", 10, false);
    see("run 2", 12, false);

    assertThat(over(14)).isFalse();
    assertThat(over(15)).isTrue();
  }

  @Test
  void whatTheNewRunOfKubeletHasListedTooIsOverWhenThatOneDropsIt() {
    see("run 1", 1, true);
    see("run 2", 10, false);
    see("run 2", 12, true);
    see("run 2", 14, false);

    assertThat(over(14)).isTrue();
  }

  @Test
  void whatWasCollectedBeforeAnyListIsNotDroppedByTheFirst() {
    sightings = sightings.collected();
    see("run 1", 10, false);

    assertThat(over(14)).isFalse();
  }

  @Test
  void aGapOfAKubeletThatJustStartedDoesNotCount() {
    see(1, true);
    see(10, false);
    see(12, true);
    see(14, false);

    assertThat(over(15)).isFalse();
    assertThat(over(19)).isTrue();
  }

  @Test
  void whatWasCollectedAndNeverListedIsOverAfterItWasMissingForAWhile() {
    sightings = sightings.collected();
    see(10, false);

    assertThat(over(14)).isFalse();
    assertThat(over(15)).isTrue();
  }

  @Test
  void whatWasNeverListedHasUntilTheGraceEnds() {
    see(1, false);
    see(30, false);

    assertThat(over(59)).isFalse();
    assertThat(over(60)).isTrue();
  }

  @Test
  void withoutAnyListNothingIsOver() {
    assertThat(over(100_000)).isFalse();
  }

  @Test
  void afterARestartWhatWasListedBeforeNeedsANewList() {
    sightings = Sightings.none(ANSWERED, true);

    assertThat(over(100_000)).isFalse();
    see(10, false);
    assertThat(over(15)).isTrue();
  }

  /** A list of which nobody knows the run of kubelet. */
  private void see(int second, boolean present) {
    sightings = sightings.with(ANSWERED.plusSeconds(second), Optional.empty(), present);
  }

  private void see(String kubelet, int second, boolean present) {
    sightings = sightings.with(ANSWERED.plusSeconds(second), Optional.of(kubelet), present);
  }

  private boolean over(int second) {
    return RULE.over(sightings, ANSWERED.plusSeconds(second));
  }
}
