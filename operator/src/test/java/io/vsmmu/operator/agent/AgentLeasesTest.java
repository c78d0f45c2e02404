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
    // A node whose clock is an hour behind.
    ZonedDateTime renewed = ZonedDateTime.ofInstant(clock.instant(), ZoneOffset.UTC).minusHours(1);

    assertThat(leases.heartbeat(lease("u1", renewed))).isEqualTo(new Heartbeat.Beating(LIMIT));
    clock.advance(LIMIT.minusSeconds(1));
    assertThat(leases.heartbeat(lease("u1", renewed))).isEqualTo(new Heartbeat.Beating(LIMIT));
    clock.advance(Duration.ofSeconds(1));
    assertThat(leases.heartbeat(lease("u1", renewed))).isEqualTo(new Heartbeat.Silent(LIMIT));

    assertThat(leases.heartbeat(lease("u1", renewed.plusSeconds(10))))
        .isEqualTo(new Heartbeat.Beating(LIMIT));
  }

  @Test
  void aLeaseMadeAnewIsFreshWhateverItSays() {
    ZonedDateTime renewed = ZonedDateTime.ofInstant(clock.instant(), ZoneOffset.UTC);
    leases.heartbeat(lease("u1", renewed));
    clock.advance(LIMIT);

    assertThat(leases.heartbeat(lease("u2", renewed))).isInstanceOf(Heartbeat.Beating.class);
  }

  private static Optional<Lease> lease(String uid, ZonedDateTime renewed) {
    return Optional.of(
        new LeaseBuilder()
            .withNewMetadata()
            .withName("n1")
            .withUid(uid)
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
