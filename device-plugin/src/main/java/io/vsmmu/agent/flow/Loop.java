package io.vsmmu.agent.flow;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one task on a thread of its own: when poked, and when a period has passed without a poke.
 * Pokes that come while the task runs or rests make it run once more. A task that throws is logged
 * and runs again at the next poke or period.
 */
public final class Loop implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Loop.class);

  private final Semaphore pokes = new Semaphore(0);
  private final Thread thread;
  private final CountDownLatch ended = new CountDownLatch(1);

  private Loop(String name, Duration first, Supplier<Rest> task) {
    thread = Thread.ofPlatform().name(name).daemon().unstarted(() -> run(first, task));
  }

  /**
   * Starts the thread; the task first runs when poked or after {@code period}.
   *
   * @param name of the thread
   */
  public static Loop start(String name, Duration period, Runnable task) {
    return start(
        name,
        period,
        () -> {
          task.run();
          return Rest.upTo(period);
        });
  }

  /**
   * As {@link #start(String, Duration, Runnable)}, for a task that says itself how long to rest
   * after a run.
   *
   * @param first how long to wait before the first run; also after a run that threw
   */
  public static Loop start(String name, Duration first, Supplier<Rest> task) {
    var loop = new Loop(name, first, task);
    loop.thread.start();
    return loop;
  }

  /** Makes the task run soon, after the run that is under way. */
  public void poke() {
    pokes.release();
  }

  /** Stops after the run that is under way, and waits for it, unless the task itself calls this. */
  @Override
  public void close() {
    ended.countDown();
    pokes.release();
    if (Thread.currentThread() == thread) {
      return;
    }
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run(Duration first, Supplier<Rest> task) {
    var rest = Rest.upTo(first);
    while (true) {
      try {
        if (!ended.await(rest.atLeast().toNanos(), TimeUnit.NANOSECONDS)) {
          var left = rest.atMost().minus(rest.atLeast());
          var _ = pokes.tryAcquire(left.toNanos(), TimeUnit.NANOSECONDS);
        }
      } catch (InterruptedException e) {
        return;
      }
      pokes.drainPermits();
      if (ended.getCount() == 0) {
        return;
      }
      try {
        rest = task.get();
      } catch (RuntimeException e) {
        LOG.error("{} failed and will be tried again", Thread.currentThread().getName(), e);
        rest = Rest.upTo(first);
      }
    }
  }
}
