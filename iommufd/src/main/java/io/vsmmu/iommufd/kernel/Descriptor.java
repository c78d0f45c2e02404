package io.vsmmu.iommufd.kernel;

import com.sun.jna.Pointer;
import java.time.Duration;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.IntConsumer;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * An open file of this process that cannot be used after close. A number that was closed may belong
 * to another file a moment later, so a close waits for the requests that are under way, and later
 * requests are refused before they reach the kernel.
 */
public final class Descriptor implements AutoCloseable {
  private final Kernel kernel;
  private final int fd;
  private final String name;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private boolean closed;

  /**
   * Takes an open descriptor over.
   *
   * @param name what errors call it, e.g. the device's path
   */
  public Descriptor(Kernel kernel, int fd, String name) {
    this.kernel = kernel;
    this.fd = fd;
    this.name = name;
  }

  public Kernel kernel() {
    return kernel;
  }

  /** What errors call this file. */
  public String name() {
    return name;
  }

  /**
   * The number, to pass the file on. It stays owned by this object.
   *
   * @throws IllegalStateException when closed
   */
  public int fd() {
    return whileOpen(() -> fd);
  }

  /**
   * Does something with the number, e.g. a request on another file that names this one. A close
   * waits until it is done, so that the number is this file's all the while.
   *
   * @throws IllegalStateException when closed
   */
  public void use(IntConsumer action) {
    whileOpen(() -> {
      action.accept(fd);
      return 0;
    });
  }

  /**
   * Makes a request on this file.
   *
   * @throws IllegalStateException when closed
   * @throws KernelException what the request gives
   */
  public void ioctl(Ioctl request, @Nullable Pointer argument) {
    whileOpen(() -> {
      kernel.ioctl(fd, request, argument);
      return 0;
    });
  }

  /**
   * Reads what there is now; 0 when nothing.
   *
   * @throws IllegalStateException when closed
   * @throws KernelException what the read gives
   */
  public int read(Pointer buffer, int length) {
    return whileOpen(() -> kernel.read(fd, buffer, length));
  }

  /**
   * Writes, and returns how much.
   *
   * @throws IllegalStateException when closed
   * @throws KernelException what the write gives
   */
  public int write(Pointer buffer, int length) {
    return whileOpen(() -> kernel.write(fd, buffer, length));
  }

  /**
   * Waits until there is something to read. A close waits until this ends.
   *
   * @return false when the time is up
   * @throws IllegalStateException when closed
   * @throws KernelException what the wait gives
   */
  public boolean awaitReadable(Duration timeout) {
    return whileOpen(() -> kernel.awaitReadable(fd, timeout) ? 1 : 0) > 0;
  }

  public boolean isClosed() {
    lock.readLock().lock();
    try {
      return closed;
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Closes the file; does nothing when it was closed before. */
  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      kernel.close(fd);
    } finally {
      lock.writeLock().unlock();
    }
  }

  private int whileOpen(IntSupplier use) {
    lock.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException(name + " is closed");
      }
      return use.getAsInt();
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public String toString() {
    return name + " (fd " + fd + ")";
  }
}
