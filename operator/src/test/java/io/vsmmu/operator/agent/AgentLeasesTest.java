package io.vsmmu.operator.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AgentLeasesTest {

  private static final Duration LIMIT = Duration.ofSeconds(40);

  private final SteppingClock clock = new SteppingClock();
  private final AgentLeases leases = new AgentLeases(clock);

  @Test
  void noLeaseIsNoHeartbeat() {
    assertThat(leases.heartbeat(Optional.empty())).isInstanceOf(Heartbeat.Missing.class);
  }

  @Test
  void ageIsMeasuredByTheOperatorsClockNotTheNodes() {
    ZonedDateTime hourBehind = now().minusHours(1);
    leases.heartbeat(lease(hourBehind));

    clock.advance(Duration.ofSeconds(10));
    ZonedDateTime renewed = hourBehind.plusSeconds(10);
    assertThat(leases.heartbeat(lease(renewed))).isEqualTo(new Heartbeat.Beating(LIMIT));
    clock.advance(LIMIT.minusSeconds(1));
    assertThat(leases.heartbeat(lease(renewed))).isEqualTo(new Heartbeat.Beating(LIMIT));
    clock.advance(Duration.ofSeconds(1));
    assertThat(leases.heartbeat(lease(renewed))).isEqualTo(new Heartbeat.Silent(LIMIT));

    assertThat(leases.heartbeat(lease(renewed.plusSeconds(10))))
        .isEqualTo(new Heartbeat.Beating(LIMIT));
  }

  @Test
  void aRestartOfTheOperatorDoesNotBringADeadAgentBack() {
    ZonedDateTime died = now().minusMinutes(5);

    assertThat(leases.heartbeat(lease(died))).isEqualTo(new Heartbeat.Silent(LIMIT));
  }

  @Test
  void aNodeWhoseClockIsAheadIsNotYoungForever() {
    ZonedDateTime future = now().plusHours(1);

    assertThat(leases.heartbeat(lease(future))).isEqualTo(new Heartbeat.Beating(LIMIT));
    clock.advance(LIMIT);
    assertThat(leases.heartbeat(lease(future))).isEqualTo(new Heartbeat.Silent(LIMIT));
  }

  @Test
  void aSilentAgentIsLookedAtAgain() {
    // Its renewals, ten seconds apart, are no events.
    assertThat(leases.heartbeat(lease(now().minusMinutes(5))).recheck())
        .contains(LIMIT.dividedBy(2));
  }

  private ZonedDateTime now() {
    return ZonedDateTime.ofInstant(clock.instant(), ZoneOffset.UTC);
  }

  private static Optional<Lease> lease(ZonedDateTime renewed) {
    return Optional.of(
        new LeaseBuilder()
            .withNewMetadata()
            .withName("n1")
            .endMetadata()
            .withNewSpec()
            .withLeaseDurationSeconds((int) LIMIT.toSeconds())
            .withRenewTime(renewed)
            .endSpec()
            .build());
  }

  private static final class SteppingClock extends Clock {

    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    void advance(Duration step) {
      now = now.plus(step);
    }

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      throw new UnsupportedOperationException();
    }
  }
}
