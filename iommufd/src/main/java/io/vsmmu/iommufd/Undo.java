package io.vsmmu.iommufd;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** What was made, to be closed newest first. Every one is closed, even when some fail. */
final class Undo implements AutoCloseable {
  private final Deque<AutoCloseable> made = new ArrayDeque<>();

  /**
   * @param made in the order in which it was made
   */
  static Undo of(AutoCloseable... made) {
    Undo undo = new Undo();
    for (AutoCloseable each : made) {
      undo.add(each);
    }
    return undo;
  }

  synchronized <C extends AutoCloseable> C add(C closeable) {
    made.push(closeable);
    return closeable;
  }

  /** Closes all; the first failure is thrown, the others are suppressed in it. */
  @Override
  public void close() {
    RuntimeException failure = closeAll(null);
    if (failure != null) {
      throw failure;
    }
  }

  /** Closes all; failures are suppressed in the one that made it necessary. */
  void after(RuntimeException cause) {
    RuntimeException _ = closeAll(cause);
  }

  private synchronized @Nullable RuntimeException closeAll(@Nullable RuntimeException first) {
    RuntimeException failure = first;
    while (!made.isEmpty()) {
      try {
        made.pop().close();
      } catch (Exception e) {
        RuntimeException next =
            e instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(e);
        if (failure == null) {
          failure = next;
        } else {
          failure.addSuppressed(next);
        }
      }
    }
    return failure;
  }
}
