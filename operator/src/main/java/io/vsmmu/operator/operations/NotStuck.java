package io.vsmmu.operator.operations;

import jakarta.inject.Singleton;
import java.time.Duration;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/**
 * Alive as long as no reconciliation hangs. Requests to the API server have limits of their own, so
 * one that takes this long waits for what will not come, and a restart cures it.
 */
@Liveness
@Singleton
public class NotStuck implements HealthCheck {

  static final Duration LIMIT = Duration.ofMinutes(10);

  private final Reconciliations reconciliations;

  /** A check of these. */
  public NotStuck(Reconciliations reconciliations) {
    this.reconciliations = reconciliations;
  }

  @Override
  public HealthCheckResponse call() {
    Duration longest = reconciliations.longest().orElse(Duration.ZERO);
    return HealthCheckResponse.named("reconciliations get on")
        .status(longest.compareTo(LIMIT) < 0)
        .withData("longest, in seconds", longest.toSeconds())
        .build();
  }
}
