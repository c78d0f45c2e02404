package io.vsmmu.iommufd.fdpass;

import io.vsmmu.iommufd.kernel.KernelException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** A Unix-domain socket that listens on a path. */
public final class UnixListener implements AutoCloseable {
  private final OwnedFd fd;
  private final Path path;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final ReadWriteLock lock = new ReentrantReadWriteLock();

  private UnixListener(OwnedFd fd, Path path) {
    this.fd = fd;
    this.path = path;
  }

  /**
   * Listens on {@code path}. The socket appears there at once with its permissions and ready to be
   * connected, in the place of what another listener may have left.
   *
   * @param permissions who may connect: connecting needs write permission
   * @param backlog how many connections may wait to be accepted
   * @throws KernelException what bind(2) or listen(2) give, e.g. ENOENT, EACCES, EROFS
   * @throws UncheckedIOException when the file cannot be given its permissions or place
   */
  public static UnixListener listen(
      Path path, SocketType type, Set<PosixFilePermission> permissions, int backlog) {
    Path unfinished = path.resolveSibling(path.getFileName() + ".new");
    var socket = new OwnedFd(SocketCalls.socket(type));
    try {
      Files.deleteIfExists(unfinished);
      SocketCalls.bind(socket.fd(), unfinished);
      Files.setPosixFilePermissions(unfinished, permissions);
      SocketCalls.listen(socket.fd(), backlog);
      Files.move(unfinished, path, StandardCopyOption.ATOMIC_MOVE);
      return new UnixListener(socket, path);
    } catch (IOException e) {
      socket.close();
      throw new UncheckedIOException("cannot listen on " + path, e);
    } catch (RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  public Path path() {
    return path;
  }

  /**
   * Waits for the next connection.
   *
   * @throws KernelException ETIMEDOUT at the deadline; EINVAL when this listener is closed
   *     meanwhile; EMFILE or ENFILE while no descriptor is left, the connection still waiting then
   * @throws IllegalStateException when this listener was closed before
   */
  public UnixSocket accept(Deadline deadline) {
    lock.readLock().lock();
    try {
      int connection = SocketCalls.accept(fd.fd(), path.toString(), deadline);
      return UnixSocket.adopt(connection, "a client of " + path);
    } finally {
      lock.readLock().unlock();
    }
  }

  public boolean isClosed() {
    return closed.get();
  }

  /**
   * Stops listening and wakes {@link #accept}. The file stays: it may be another listener's by now,
   * and whoever owns the folder removes it.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    SocketCalls.shutdown(fd.fd());
    lock.writeLock().lock();
    try {
      fd.close();
    } finally {
      lock.writeLock().unlock();
    }
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
