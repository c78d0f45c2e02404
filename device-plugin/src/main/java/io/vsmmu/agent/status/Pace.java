package io.vsmmu.agent.status;

import java.time.Duration;

/** How long to wait before the next try: doubles with each failure up to a limit. */
final class Pace {

  private final Duration usual;
  private final Duration first;
  private final Duration limit;
  private int failures;

  /**
   * A pace without failures.
   *
   * @param usual between two tries that succeed
   * @param first after the first failure
   * @param limit after any number of failures
   */
  Pace(Duration usual, Duration first, Duration limit) {
    this.usual = usual;
    this.first = first;
    this.limit = limit;
  }

  Duration succeeded() {
    failures = 0;
    return usual;
  }

  Duration failed() {
    var wait = first.multipliedBy(1L << Math.min(failures, 16));
    failures++;
    return wait.compareTo(limit) < 0 ? wait : limit;
  }

  /** Whether the last try failed. */
  boolean failing() {
    return failures > 0;
  }
}
