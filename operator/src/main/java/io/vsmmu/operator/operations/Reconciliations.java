package io.vsmmu.operator.operations;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.javaoperatorsdk.operator.api.reconciler.RetryInfo;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Counts and times reconciliations, and knows which ones are under way. */
@Singleton
public class Reconciliations implements Metrics {

  private static final String COUNT = "vsmmu.reconciliations";

  private final Map<String, Instant> running = new ConcurrentHashMap<>();
  private final Clock clock;
  private final MeterRegistry registry;
  private final Counter succeeded;
  private final Counter failed;

  /** Reconciliations by the system's clock. */
  @Inject
  public Reconciliations(MeterRegistry registry) {
    this(registry, Clock.systemUTC());
  }

  Reconciliations(MeterRegistry registry, Clock clock) {
    this.registry = registry;
    this.clock = clock;
    this.succeeded = counter(registry, "success");
    this.failed = counter(registry, "failure");
    registry.gaugeMapSize("vsmmu.reconciliations.running", Tags.empty(), running);
  }

  /** For how long the oldest one has been under way. */
  Optional<Duration> longest() {
    Instant now = clock.instant();
    return running.values().stream()
        .min(Instant::compareTo)
        .map(since -> Duration.between(since, now));
  }

  @Override
  public void reconciliationStarted(HasMetadata resource, Map<String, Object> metadata) {
    running.put(resource.getMetadata().getName(), clock.instant());
  }

  @Override
  public void reconciliationFinished(
      HasMetadata resource, @Nullable RetryInfo retry, Map<String, Object> metadata) {
    running.remove(resource.getMetadata().getName());
  }

  @Override
  public void reconciliationSucceeded(HasMetadata resource, Map<String, Object> metadata) {
    succeeded.increment();
  }

  @Override
  public void reconciliationFailed(
      HasMetadata resource,
      @Nullable RetryInfo retry,
      Exception failure,
      Map<String, Object> metadata) {
    failed.increment();
  }

  @Override
  public <T> T timeControllerExecution(ControllerExecution<T> execution) throws Exception {
    Timer.Sample sample = Timer.start(registry);
    try {
      return execution.execute();
    } finally {
      sample.stop(
          Timer.builder("vsmmu.reconciliation")
              .description("Time that one reconciliation takes, from facts to status")
              .tag("operation", execution.name())
              .register(registry));
    }
  }

  private static Counter counter(MeterRegistry registry, String result) {
    return Counter.builder(COUNT)
        .description("Reconciliations of VSmmu objects, by their result")
        .tag("result", result)
        .register(registry);
  }
}
