package io.vsmmu.agent.status;

import io.vsmmu.agent.flow.Rest;
import java.time.Duration;

/**
 * How long to rest before the next try: doubles with each failure up to a limit, and news do not
 * shorten it, so that nobody hammers an API server that is away.
 */
final class Pace {

  private final Rest usual;
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
  Pace(Rest usual, Duration first, Duration limit) {
    this.usual = usual;
    this.first = first;
    this.limit = limit;
  }

  Rest succeeded() {
    failures = 0;
    return usual;
  }

  Rest failed() {
    var doubled = first.multipliedBy(1L << Math.min(failures, 16));
    failures++;
    var wait = doubled.compareTo(limit) < 0 ? doubled : limit;
    return new Rest(wait, wait);
  }

  /** Whether the last try failed. */
  boolean failing() {
    return failures > 0;
  }
}
