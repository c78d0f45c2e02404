package io.vsmmu.operator.kubevirt;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ContestTest {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  @Test
  void threeRevertsInAShortTimeAreEnough() {
    Instant now = START.plus(Duration.ofMinutes(4));

    assertThat(after(Duration.ofMinutes(2), 2).isLost(now)).isFalse();
    assertThat(after(Duration.ofMinutes(2), 3).isLost(now)).isTrue();
  }

  @Test
  void anEditNowAndThenIsNoContest() {
    assertThat(after(Duration.ofHours(1), 50).isLost(START.plus(Duration.ofHours(49)))).isFalse();
  }

  @Test
  void anHourAfterTheLastRevertItIsWorthAnotherTryOfWhichOneRevertIsNotTheEnd() {
    Contest contest = after(Duration.ofMinutes(2), 3);
    Instant last = START.plus(Duration.ofMinutes(4));

    assertThat(contest.isLost(last.plus(Duration.ofMinutes(59)))).isTrue();
    Instant next = last.plus(Duration.ofHours(1));
    assertThat(contest.isLost(next)).isFalse();
    assertThat(contest.revertedAt(next).isLost(next)).isFalse();
  }

  private static Contest after(Duration apart, int reverts) {
    Contest contest = Contest.NONE;
    for (int i = 0; i < reverts; i++) {
      contest = contest.revertedAt(START.plus(apart.multipliedBy(i)));
    }
    return contest;
  }
}
