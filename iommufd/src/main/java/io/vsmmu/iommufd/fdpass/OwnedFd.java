package io.vsmmu.iommufd.fdpass;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * An open descriptor that somebody has to close: this object, until {@link #take} hands the duty
 * over.
 */
public final class OwnedFd implements AutoCloseable {
  private static final int GONE = -1;

  private final AtomicInteger fd;

  /** Takes over the duty to close {@code fd}. */
  public OwnedFd(int fd) {
    this.fd = new AtomicInteger(fd);
  }

  /**
   * The number; the duty to close it stays here.
   *
   * @throws IllegalStateException when closed or taken
   */
  public int fd() {
    return present(fd.get());
  }

  /**
   * The number; whoever calls this closes it.
   *
   * @throws IllegalStateException when closed or taken before
   */
  public int take() {
    return present(fd.getAndSet(GONE));
  }

  /** Closes the descriptor, once; does nothing when it was taken. */
  @Override
  public void close() {
    int number = fd.getAndSet(GONE);
    if (number != GONE) {
      SocketCalls.close(number);
    }
  }

  private static int present(int number) {
    if (number == GONE) {
      throw new IllegalStateException("the descriptor was closed or taken over");
    }
    return number;
  }

  @Override
  public String toString() {
    return "fd " + fd.get();
  }
}
