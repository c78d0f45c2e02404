package io.vsmmu.agent.flow;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the latest value and tells listeners about every change, one at a time and in order. Safe
 * for use by several threads.
 *
 * @param <T> an immutable type
 */
public final class Publisher<T> {

  private static final Logger LOG = LoggerFactory.getLogger(Publisher.class);

  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private volatile T current;

  /** Starts with a value that nobody is told as a change. */
  public Publisher(T first) {
    current = first;
  }

  /** The latest value. */
  public T current() {
    return current;
  }

  /**
   * Tells the listeners, on this thread; no-op when {@code next} equals the present value. A
   * listener that throws is logged and stays.
   */
  public synchronized void publish(T next) {
    if (!next.equals(current)) {
      current = next;
      listeners.forEach(listener -> listener.tell(next));
    }
  }

  /**
   * Tells {@code consumer} the present value at once, and then every other.
   *
   * @return ends that when closed
   */
  public synchronized Subscription subscribe(Consumer<T> consumer) {
    var listener = new Listener(consumer);
    listeners.add(listener);
    listener.tell(current);
    return listener;
  }

  private final class Listener implements Subscription {
    private final Consumer<T> consumer;
    private boolean closed;

    Listener(Consumer<T> consumer) {
      this.consumer = consumer;
    }

    synchronized void tell(T value) {
      if (closed) {
        return;
      }
      try {
        consumer.accept(value);
      } catch (RuntimeException e) {
        LOG.error("a listener failed; the others are told all the same", e);
      }
    }

    @Override
    public synchronized void close() {
      closed = true;
      listeners.remove(this);
    }
  }
}
