package io.vsmmu.agent.kubelet;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * Wakes threads that wait for something to become true. Rung where a change is noticed; the
 * condition is also looked at every second, for changes that nobody notices.
 */
final class Bell {
  private static final Duration BACKSTOP = Duration.ofSeconds(1);

  private long rings;

  synchronized void ring() {
    rings++;
    notifyAll();
  }

  /**
   * Waits for the condition, which is evaluated without a lock.
   *
   * @return whether it became true in time
   */
  boolean await(BooleanSupplier condition, Duration limit) throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (true) {
      long heard = rings();
      if (condition.getAsBoolean()) {
        return true;
      }
      long left = end - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      awaitRing(heard, Math.min(left, BACKSTOP.toNanos()));
    }
  }

  /** As {@link #await(BooleanSupplier, Duration)}, for as long as it takes. */
  void await(BooleanSupplier condition) throws InterruptedException {
    while (true) {
      if (await(condition, BACKSTOP)) {
        return;
      }
    }
  }

  private synchronized long rings() {
    return rings;
  }

  private synchronized void awaitRing(long heard, long nanos) throws InterruptedException {
    long end = System.nanoTime() + nanos;
    while (rings == heard) {
      long millis = Duration.ofNanos(end - System.nanoTime() + 999_999).toMillis();
      if (millis <= 0) {
        return;
      }
      wait(millis);
    }
  }
}
