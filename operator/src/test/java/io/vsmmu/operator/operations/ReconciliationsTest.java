package io.vsmmu.operator.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.microprofile.health.HealthCheckResponse.Status;
import org.junit.jupiter.api.Test;

class ReconciliationsTest {

  private static final VSmmu FIRST = VSmmu.of(new VSmmuSpec("n1", null, null, null));
  private static final VSmmu SECOND = VSmmu.of(new VSmmuSpec("n2", null, null, null));

  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));
  private final Clock clock = ((InstantSource) now::get).withZone(ZoneOffset.UTC);
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Reconciliations reconciliations = new Reconciliations(registry, clock);

  @Test
  void aliveAsLongAsNoneHangs() {
    NotStuck liveness = new NotStuck(reconciliations);
    assertThat(liveness.call().getStatus()).isEqualTo(Status.UP);

    reconciliations.reconciliationStarted(FIRST, Map.of());
    pass(NotStuck.LIMIT.minusSeconds(1));
    reconciliations.reconciliationStarted(SECOND, Map.of());
    assertThat(liveness.call().getStatus()).isEqualTo(Status.UP);

    pass(Duration.ofSeconds(1));
    assertThat(liveness.call().getStatus()).isEqualTo(Status.DOWN);

    reconciliations.reconciliationFinished(FIRST, null, Map.of());
    assertThat(liveness.call().getStatus()).isEqualTo(Status.UP);
  }

  @Test
  void resultsAreCounted() {
    reconciliations.reconciliationSucceeded(FIRST, Map.of());
    reconciliations.reconciliationSucceeded(SECOND, Map.of());
    reconciliations.reconciliationFailed(
        FIRST, null, new IllegalStateException("for the test"), Map.of());

    assertThat(count("success")).isEqualTo(2);
    assertThat(count("failure")).isEqualTo(1);
  }

  private void pass(Duration time) {
    now.set(now.get().plus(time));
  }

  private double count(String result) {
    return registry.get("vsmmu.reconciliations").tag("result", result).counter().count();
  }
}
