package io.vsmmu.iommufd.fdpass;

import java.time.Duration;
import java.util.Optional;

/**
 * The moment by which a whole exchange must be over. One deadline for all its parts keeps a peer
 * that sends a byte now and then from holding a thread for ever.
 */
public final class Deadline {
  private static final Deadline NEVER = new Deadline(0, false);

  private final long nanos;
  private final boolean bounded;

  private Deadline(long nanos, boolean bounded) {
    this.nanos = nanos;
    this.bounded = bounded;
  }

  /** A deadline this long from now; one that has passed when the duration is zero or negative. */
  public static Deadline after(Duration duration) {
    return new Deadline(System.nanoTime() + duration.toNanos(), true);
  }

  /** No deadline. Only for peers that cannot outlive or silently leave this process's trust. */
  public static Deadline never() {
    return NEVER;
  }

  /** Time left, never negative; empty without a deadline. */
  public Optional<Duration> remaining() {
    return bounded
        ? Optional.of(Duration.ofNanos(Math.max(0, nanos - System.nanoTime())))
        : Optional.empty();
  }

  /** Time left as poll(2) takes it: milliseconds rounded up, -1 without a deadline. */
  int pollTimeout() {
    return remaining()
        .map(left -> (int) Math.min(left.plusNanos(999_999).toMillis(), Integer.MAX_VALUE))
        .orElse(-1);
  }

  /** Whether it is too late. */
  public boolean hasPassed() {
    return bounded && nanos - System.nanoTime() <= 0;
  }
}
