package io.vsmmu.operator.operations;

import io.quarkus.runtime.ShutdownEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the reconciliations that are under way end before the framework stops. It empties its caches
 * first and waits then, and to who reads an empty cache all nodes and agents are gone: it would say
 * so in the status, and let go a VSmmu whose devices are in use.
 */
@Singleton
public class OrderlyStop {

  private static final Logger log = LoggerFactory.getLogger(OrderlyStop.class);

  /** Before the framework's own observer. */
  private static final int BEFORE_CACHES = 2;

  /** Leaves the rest of the 30 s that a pod has to the requests that were broken off. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Duration patience;
  private final Set<Thread> underWay = new HashSet<>();
  private boolean stopping;

  /** A stop that waits for ten seconds before it breaks off. */
  @Inject
  public OrderlyStop() {
    this(PATIENCE);
  }

  /**
   * A stop with a limit of its own.
   *
   * @param patience after which the reconciliations that are still under way are interrupted
   */
  OrderlyStop(Duration patience) {
    this.patience = patience;
  }

  /**
   * What the reconciliation returns.
   *
   * @param otherwise returned, and nothing done, once the operator stops
   * @throws IllegalStateException with the Error that the reconciliation ended with: the framework
   *     tries again after exceptions only, and lets no other one of the same object begin after an
   *     Error
   */
  public <T> T unlessStopping(Supplier<T> reconciliation, T otherwise) {
    if (!begin()) {
      return otherwise;
    }
    try {
      return reconciliation.get();
    } catch (Error e) {
      throw new IllegalStateException("the reconciliation ended with " + e, e);
    } finally {
      end();
    }
  }

  void stop(@Observes @Priority(BEFORE_CACHES) ShutdownEvent stop) throws InterruptedException {
    stop();
  }

  /**
   * Lets no reconciliation begin any more, and returns when none is under way. One that does not
   * end when it is interrupted is waited for all the same: to be killed does less harm.
   */
  public synchronized void stop() throws InterruptedException {
    stopping = true;
    long deadline = System.nanoTime() + patience.toNanos();
    for (long left = patience.toNanos();
        left > 0 && !underWay.isEmpty();
        left = deadline - System.nanoTime()) {
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
    if (!underWay.isEmpty()) {
      List<String> late = underWay.stream().map(Thread::getName).sorted().toList();
      log.warn("breaking off reconciliations that did not end within {}: {}", patience, late);
      underWay.forEach(Thread::interrupt);
    }
    while (!underWay.isEmpty()) {
      wait();
    }
  }

  private synchronized boolean begin() {
    return !stopping && underWay.add(Thread.currentThread());
  }

  private synchronized void end() {
    underWay.remove(Thread.currentThread());
    notifyAll();
  }
}
