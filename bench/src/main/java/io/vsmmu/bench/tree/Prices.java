package io.vsmmu.bench.tree;

import io.vsmmu.iommufd.kernel.Ioctl;
import io.vsmmu.iommufd.uapi.VfioDeviceBindIommufd;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** What requests cost on the simulated kernel, so that it takes the time of a real one. */
public enum Prices {
  /** All the same, of the calling thread's time. */
  EVEN(TimeUnit.MICROSECONDS.toNanos(20), 0),

  /**
   * As the lab's kernel was seen to take: a bind resets its device, for which the kernel waits
   * while others can go on.
   */
  AS_SEEN(TimeUnit.MICROSECONDS.toNanos(100), TimeUnit.MILLISECONDS.toNanos(35));

  private final long request;
  private final long reset;

  Prices(long request, long reset) {
    this.request = request;
    this.reset = reset;
  }

  /** For the table. */
  public String describe() {
    return switch (this) {
      case EVEN -> "20 us a request";
      case AS_SEEN -> "35 ms a bind, 0.1 ms any other";
    };
  }

  void pay(Ioctl made) {
    if (reset != 0 && made.equals(VfioDeviceBindIommufd.REQUEST)) {
      await(System.nanoTime() + reset);
    }
    long end = System.nanoTime() + request;
    while (System.nanoTime() < end) {
      Thread.onSpinWait();
    }
  }

  private static void await(long end) {
    long left = end - System.nanoTime();
    while (left > 0) {
      LockSupport.parkNanos(left);
      left = end - System.nanoTime();
    }
  }
}
