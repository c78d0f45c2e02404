package io.vsmmu.iommufd.kernel;

import com.sun.jna.Pointer;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
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
    lock.readLock().lock();
    try {
      requireOpen();
      return fd;
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * Makes a request on this file.
   *
   * @throws IllegalStateException when closed
   * @throws KernelException what the request gives
   */
  public void ioctl(Ioctl request, @Nullable Pointer argument) {
    lock.readLock().lock();
    try {
      requireOpen();
      kernel.ioctl(fd, request, argument);
    } finally {
      lock.readLock().unlock();
    }
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

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException(name + " is closed");
    }
  }

  @Override
  public String toString() {
    return name + " (fd " + fd + ")";
  }
}
