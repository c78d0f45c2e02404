package io.vsmmu.agent.flow;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Waits, within a limit, for something that nobody tells of: that the last copy of a descriptor is
 * closed in another process, or that a kubelet knows its pods.
 */
public final class Patience {

  private static final long FIRST_PAUSE = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long LONGEST_PAUSE = TimeUnit.MILLISECONDS.toNanos(500);

  private final long end;
  private long pause = FIRST_PAUSE;

  /** Starts now. */
  public Patience(Duration limit) {
    this.end = System.nanoTime() + limit.toNanos();
  }

  /** What is left of the limit, never negative. */
  public Duration left() {
    return Duration.ofNanos(Math.max(0, end - System.nanoTime()));
  }

  /**
   * Pauses before another look.
   *
   * @return false, without a pause, when the limit is reached
   */
  public boolean again() throws InterruptedException {
    long left = end - System.nanoTime();
    if (left <= 0) {
      return false;
    }
    TimeUnit.NANOSECONDS.sleep(Math.min(left, pause));
    pause = Math.min(2 * pause, LONGEST_PAUSE);
    return true;
  }
}
