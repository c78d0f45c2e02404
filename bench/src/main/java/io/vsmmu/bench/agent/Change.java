package io.vsmmu.bench.agent;

import io.vsmmu.standin.kubelet.StandInKubelet;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for what plugins tell kubelet. */
final class Change implements Runnable {
  private static final long LIMIT_SECONDS = 120;

  private final Semaphore changes = new Semaphore(0);

  /** Kubelet was told something. */
  @Override
  public void run() {
    changes.release();
  }

  /** Returns when kubelet can give so many devices of a resource to pods. */
  void await(StandInKubelet kubelet, String resource, int allocatable)
      throws InterruptedException, TimeoutException {
    while (kubelet.allocatable(resource) != allocatable) {
      if (!changes.tryAcquire(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        throw new TimeoutException(
            "kubelet has %d of %d %s, and nothing changes"
                .formatted(kubelet.allocatable(resource), allocatable, resource));
      }
    }
  }
}
