package io.vsmmu.iommufd;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * What was made, to be closed newest first. Every one is closed, even when some fail; those that
 * failed are tried again the next time.
 */
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
    switch (closeAll(null)) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IllegalStateException(e);
    }
  }

  /** Closes all; failures are suppressed in the one that made it necessary. */
  void after(Throwable cause) {
    Throwable _ = closeAll(cause);
  }

  private synchronized @Nullable Throwable closeAll(@Nullable Throwable first) {
    Throwable failure = first;
    Deque<AutoCloseable> left = new ArrayDeque<>();
    while (!made.isEmpty()) {
      AutoCloseable newest = made.pop();
      try {
        newest.close();
      } catch (Exception | Error e) {
        left.add(newest);
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    made.addAll(left);
    return failure;
  }
}
