package io.vsmmu.iommufd.fdpass;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A connected Unix-domain socket; unix(7). One thread may send while another receives; two senders
 * or two receivers would mix their bytes.
 *
 * <p>Every call throws {@link KernelException} with ETIMEDOUT when its deadline passes first, and
 * {@link IllegalStateException} after {@link #close}. Calls block their carrier thread, so they
 * belong on platform threads.
 */
public final class UnixSocket implements AutoCloseable {
  /** SCM_MAX_FD: so many descriptors fit into one message. */
  public static final int MAX_FDS = 253;

  private final OwnedFd fd;
  private final String name;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();

  private UnixSocket(OwnedFd fd, String name) {
    this.fd = fd;
    this.name = name;
  }

  /**
   * Connects to a listening socket.
   *
   * @throws KernelException what connect(2) gives, e.g. ENOENT, ECONNREFUSED, EACCES; EAGAIN when
   *     the listener did not make room before the deadline
   * @throws IllegalArgumentException when no address has room for the path: 107 bytes
   */
  public static UnixSocket connect(Path path, SocketType type, Deadline deadline) {
    var socket = new OwnedFd(SocketCalls.socket(type));
    try {
      SocketCalls.connect(socket.fd(), path, deadline);
    } catch (RuntimeException e) {
      socket.close();
      throw e;
    }
    return new UnixSocket(socket, path.toString());
  }

  /** Two sockets connected to each other. */
  public static Pair pair(SocketType type) {
    int[] fds = SocketCalls.socketpair(type);
    return new Pair(
        adopt(fds[0], "socket pair (fd " + fds[0] + ")"),
        adopt(fds[1], "socket pair (fd " + fds[1] + ")"));
  }

  /**
   * Takes over a connected Unix socket, e.g. one that came in a message.
   *
   * @param name what errors call it
   */
  public static UnixSocket adopt(int fd, String name) {
    return new UnixSocket(new OwnedFd(fd), name);
  }

  /** The descriptor, to pass it on; it stays owned by this object. */
  public int fd() {
    return fd.fd();
  }

  /** What errors call this connection. */
  public String name() {
    return name;
  }

  /** Sends all bytes, and nothing else. */
  public void send(byte[] bytes, Deadline deadline) {
    send(bytes, List.of(), deadline);
  }

  /**
   * Sends all bytes; the open files ride with the first of them, in one SCM_RIGHTS message. They
   * stay open here.
   *
   * @param bytes at least one
   * @param fds at most {@link #MAX_FDS}
   * @throws KernelException what sendmsg(2) gives, e.g. EPIPE, EMSGSIZE, EBADF
   */
  public void send(byte[] bytes, List<Integer> fds, Deadline deadline) {
    if (bytes.length == 0) {
      throw new IllegalArgumentException("descriptors travel with data: send at least one byte");
    }
    lock.readLock().lock();
    try {
      int sent = SocketCalls.send(fd(), name, bytes, 0, fds, deadline);
      while (sent < bytes.length) {
        sent += SocketCalls.send(fd(), name, bytes, sent, List.of(), deadline);
      }
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * Receives what is there, waiting for the first byte: at most {@code maxBytes} of a stream, or
   * one packet.
   *
   * @return {@linkplain Message#isEnd an end} when the peer has closed or shut down
   * @throws KernelException what recvmsg(2) gives; EMSGSIZE when a packet or its descriptors exceed
   *     the room, all of its descriptors being closed then
   */
  public Message receive(int maxBytes, int maxFds, Deadline deadline) {
    lock.readLock().lock();
    try {
      return SocketCalls.receive(fd(), name, maxBytes, maxFds, deadline);
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * Receives exactly so many bytes of a stream, and no descriptors.
   *
   * @throws KernelException as {@link #receive}; ECONNRESET when the peer ends the connection
   *     before
   */
  public byte[] receiveFully(int length, Deadline deadline) {
    byte[] all = new byte[length];
    int have = 0;
    while (have < length) {
      byte[] part = receive(length - have, 0, deadline).bytes();
      if (part.length == 0) {
        throw new KernelException(
            "%s ended the connection after %d of %d bytes".formatted(name, have, length),
            Errno.ECONNRESET);
      }
      System.arraycopy(part, 0, all, have, part.length);
      have += part.length;
    }
    return all;
  }

  /** Who connected (on the listener's side), or who listens (on the client's). */
  public PeerProcess peer() {
    lock.readLock().lock();
    try {
      return SocketCalls.peer(fd(), name);
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * Ends the connection in both directions for everyone who holds it, and wakes calls that wait on
   * it. The descriptor stays open until {@link #close}.
   */
  public void shutdown() {
    lock.readLock().lock();
    try {
      SocketCalls.shutdown(fd());
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * Whether the last copy of the other end is closed; what it sent before can still be received.
   * Does not wait.
   */
  public boolean isHungUp() {
    return SocketCalls.isHungUp(fd());
  }

  /**
   * Closes this descriptor once calls that use it have returned ({@link #shutdown} makes them). A
   * copy that was passed on keeps the connection alive.
   */
  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      fd.close();
    } finally {
      lock.writeLock().unlock();
    }
  }

  @Override
  public String toString() {
    return name;
  }

  /** The two ends of a {@link #pair}. */
  public record Pair(UnixSocket first, UnixSocket second) implements AutoCloseable {
    @Override
    public void close() {
      first.close();
      second.close();
    }
  }
}
