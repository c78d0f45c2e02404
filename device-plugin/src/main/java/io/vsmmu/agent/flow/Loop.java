package io.vsmmu.agent.flow;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one task on a thread of its own: when poked, and when a period has passed without a poke.
 * Pokes that come while the task runs make it run once more. A task that throws is logged and runs
 * again at the next poke or period.
 */
public final class Loop implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Loop.class);

  private final Semaphore pokes = new Semaphore(0);
  private final Thread thread;
  private volatile boolean closed;

  private Loop(String name, Duration first, Supplier<Duration> task) {
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
          return period;
        });
  }

  /**
   * As {@link #start(String, Duration, Runnable)}, for a task that says itself how long to wait for
   * a poke until it runs again.
   *
   * @param first how long to wait before the first run; also after a run that threw
   */
  public static Loop start(String name, Duration first, Supplier<Duration> task) {
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
    closed = true;
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

  private void run(Duration first, Supplier<Duration> task) {
    var wait = first;
    while (true) {
      try {
        var _ = pokes.tryAcquire(wait.toNanos(), TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        return;
      }
      pokes.drainPermits();
      if (closed) {
        return;
      }
      try {
        wait = task.get();
      } catch (RuntimeException e) {
        LOG.error("{} failed and will be tried again", Thread.currentThread().getName(), e);
        wait = first;
      }
    }
  }
}
