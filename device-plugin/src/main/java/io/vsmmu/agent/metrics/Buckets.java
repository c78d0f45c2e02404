package io.vsmmu.agent.metrics;

import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.stream.LongStream;

/** Upper bounds of the histograms. Few, for each is a time series per label value. */
enum Buckets {
  /** A request of the kernel: most take microseconds, those that reset a function a second. */
  REQUEST(1, 10, 50, 100, 250, 1_000, 5_000),
  /** An answer to kubelet or to a container. */
  ANSWER(10, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000);

  private final Duration[] bounds;

  Buckets(long... millis) {
    bounds = LongStream.of(millis).mapToObj(Duration::ofMillis).toArray(Duration[]::new);
  }

  Timer.Builder timer(String name, String description) {
    return Timer.builder(name).description(description).serviceLevelObjectives(bounds);
  }
}
