package io.vsmmu.agent.flow;

import java.time.Duration;

/**
 * How long a task rests after a run.
 *
 * @param atLeast a poke that comes earlier is heeded then: what comes in a burst is dealt with
 *     once, and what failed is not tried again at once
 * @param atMost without a poke it runs again then
 */
public record Rest(Duration atLeast, Duration atMost) {

  /** Pokes are heeded at once. */
  public static Rest upTo(Duration atMost) {
    return new Rest(Duration.ZERO, atMost);
  }
}
