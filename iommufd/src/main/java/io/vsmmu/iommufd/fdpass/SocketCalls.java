package io.vsmmu.iommufd.fdpass;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** The socket calls on plain descriptor numbers: interruptions retried, errors named. */
final class SocketCalls {
  private static final int AF_UNIX = 1;
  private static final int SOCK_CLOEXEC = 02000000;
  private static final int SHUT_RDWR = 2;
  private static final int SOL_SOCKET = 1;
  private static final int SO_PEERCRED = 17;
  private static final int SO_SNDTIMEO = 21;
  private static final int SO_PEERPIDFD = 77;
  private static final int MSG_DONTWAIT = 0x40;
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final int MSG_CMSG_CLOEXEC = 0x40000000;
  private static final short POLLIN = 1;
  private static final short POLLOUT = 4;

  // struct sockaddr_un
  private static final int SUN_PATH = 2;
  private static final int SUN_PATH_SIZE = 108;

  private SocketCalls() {}

  static int socket(SocketType type) {
    return retry("socket", () -> LibC.socket(AF_UNIX, type.number() | SOCK_CLOEXEC, 0));
  }

  static int[] socketpair(SocketType type) {
    int[] pair = new int[2];
    retry("socketpair", () -> LibC.socketpair(AF_UNIX, type.number() | SOCK_CLOEXEC, 0, pair));
    return pair;
  }

  static void bind(int fd, Path path) {
    try (Memory address = address(path)) {
      retry("bind " + path, () -> LibC.bind(fd, address, (int) address.size()));
    }
  }

  static void listen(int fd, int backlog) {
    retry("listen", () -> LibC.listen(fd, backlog));
  }

  /** Connects; EAGAIN when the listener's backlog stays full until the deadline. */
  static void connect(int fd, Path path, Deadline deadline) {
    try (Memory address = address(path)) {
      setSendTimeout(fd, deadline.remaining());
      retry("connect to " + path, () -> LibC.connect(fd, address, (int) address.size()));
      setSendTimeout(fd, Optional.empty());
    }
  }

  /** Accepts the next connection; EINVAL after {@link #shutdown}. */
  static int accept(int fd, String name, Deadline deadline) {
    await(fd, POLLIN, name, deadline);
    return retry("accept on " + name, () -> LibC.accept4(fd, null, null, SOCK_CLOEXEC));
  }

  static void shutdown(int fd) {
    if (LibC.shutdown(fd, SHUT_RDWR) < 0) {
      Errno errno = lastErrno();
      if (errno != Errno.ENOTCONN) {
        throw new KernelException("shutdown of descriptor " + fd, errno);
      }
    }
  }

  /**
   * Sends some of the bytes, all descriptors with the first.
   *
   * @return how many bytes were sent, at least 1
   */
  static int send(
      int fd, String name, byte[] bytes, int offset, List<Integer> fds, Deadline deadline) {
    try (var buffers = MessageBuffers.toSend(bytes, offset, bytes.length - offset, fds)) {
      while (true) {
        long sent = LibC.sendmsg(fd, buffers.header(), MSG_DONTWAIT | MSG_NOSIGNAL).longValue();
        if (sent >= 0) {
          return (int) sent;
        }
        retryWhenReady(fd, POLLOUT, "sendmsg to " + name, name, deadline);
      }
    }
  }

  static Message receive(int fd, String name, int maxBytes, int maxFds, Deadline deadline) {
    return sure(() -> receiveOnce(fd, name, maxBytes, maxFds, deadline));
  }

  /**
   * Asks once more when it is told of an end. Of a packet socket the kernel sees that there is
   * nothing first, and that it has ended second (unix_dgram_recvmsg): what was sent and closed in
   * between is there all the same.
   */
  static Message sure(Supplier<Message> receive) {
    var message = receive.get();
    return message.isEnd() ? receive.get() : message;
  }

  private static Message receiveOnce(
      int fd, String name, int maxBytes, int maxFds, Deadline deadline) {
    try (var buffers = MessageBuffers.toReceive(maxBytes, maxFds)) {
      while (true) {
        long length =
            LibC.recvmsg(fd, buffers.header(), MSG_DONTWAIT | MSG_CMSG_CLOEXEC).longValue();
        if (length >= 0) {
          return message(buffers, (int) length, name, maxBytes, maxFds);
        }
        retryWhenReady(fd, POLLIN, "recvmsg from " + name, name, deadline);
      }
    }
  }

  private static Message message(
      MessageBuffers buffers, int length, String name, int maxBytes, int maxFds) {
    List<OwnedFd> fds = buffers.receivedFds();
    if (buffers.truncated()) {
      fds.forEach(OwnedFd::close);
      throw new KernelException(
          "recvmsg from %s: the message exceeds %d bytes or %d descriptors, or this process has no descriptor left"
              .formatted(name, maxBytes, maxFds),
          Errno.EMSGSIZE);
    }
    return new Message(buffers.data(length), fds);
  }

  static PeerProcess peer(int fd, String name) {
    try (Memory credentials = new Memory(12)) {
      option(fd, SO_PEERCRED, credentials, "SO_PEERCRED of " + name);
      OptionalInt pidfd = peerPidfd(fd, name);
      return new PeerProcess(
          credentials.getInt(0),
          credentials.getInt(4),
          credentials.getInt(8),
          pidfd.isPresent() ? new OwnedFd(pidfd.getAsInt()) : null);
    }
  }

  /** Empty where the kernel does not know the option. */
  private static OptionalInt peerPidfd(int fd, String name) {
    try (Memory pidfd = new Memory(4)) {
      option(fd, SO_PEERPIDFD, pidfd, "SO_PEERPIDFD of " + name);
      return OptionalInt.of(pidfd.getInt(0));
    } catch (KernelException e) {
      if (e.errno() == Errno.ENOPROTOOPT) {
        return OptionalInt.empty();
      }
      throw e;
    }
  }

  /** Whether a read would not block now. A pidfd is readable once its process has ended. */
  static boolean isReadable(int fd) {
    return poll(fd, POLLIN, 0) > 0;
  }

  /** Whether the other end is closed, or this one is shut down; what it sent may still be there. */
  static boolean isHungUp(int fd) {
    return poll(fd, (short) 0, 0) > 0;
  }

  static void close(int fd) {
    if (LibC.close(fd) < 0) {
      Errno errno = lastErrno();
      // Linux has released the number before a close can be interrupted; again would be another's.
      if (errno != Errno.EINTR) {
        throw new KernelException("close of descriptor " + fd, errno);
      }
    }
  }

  /** After a failed non-blocking call: waits until it is worth another try, or throws. */
  private static void retryWhenReady(
      int fd, short events, String call, String name, Deadline deadline) {
    Errno errno = lastErrno();
    switch (errno) {
      case EINTR -> {}
      case EAGAIN -> await(fd, events, name, deadline);
      default -> throw new KernelException(call, errno);
    }
  }

  private static void await(int fd, short events, String name, Deadline deadline) {
    while (true) {
      int ready = poll(fd, events, deadline.pollTimeout());
      if (ready > 0) {
        return;
      }
      if (ready == 0 && deadline.hasPassed()) {
        throw new KernelException(
            "no progress on " + name + " before the deadline", Errno.ETIMEDOUT);
      }
    }
  }

  /** poll(2) of one descriptor; 0 also when it was interrupted. */
  private static int poll(int fd, short events, int timeoutMillis) {
    try (Memory pollfd = new Memory(8)) {
      pollfd.setInt(0, fd);
      pollfd.setShort(4, events);
      pollfd.setShort(6, (short) 0);
      int ready = LibC.poll(pollfd, new NativeLong(1), timeoutMillis);
      if (ready < 0) {
        Errno errno = lastErrno();
        if (errno != Errno.EINTR) {
          throw new KernelException("poll of descriptor " + fd, errno);
        }
        return 0;
      }
      return ready;
    }
  }

  /** Bounds a blocking connect or send, or unbounds it; never below a microsecond. */
  private static void setSendTimeout(int fd, Optional<Duration> timeout) {
    // A timeval of zero means no limit.
    long micros = timeout.map(t -> Math.max(1, TimeUnit.MICROSECONDS.convert(t))).orElse(0L);
    try (Memory timeval = new Memory(16)) {
      timeval.setLong(0, micros / 1_000_000);
      timeval.setLong(8, micros % 1_000_000);
      retry(
          "setsockopt SO_SNDTIMEO",
          () -> LibC.setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, timeval, (int) timeval.size()));
    }
  }

  private static void option(int fd, int name, Memory value, String what) {
    try (Memory length = new Memory(4)) {
      length.setInt(0, (int) value.size());
      retry("getsockopt " + what, () -> LibC.getsockopt(fd, SOL_SOCKET, name, value, length));
    }
  }

  private static Memory address(Path path) {
    byte[] bytes = path.toString().getBytes(StandardCharsets.UTF_8);
    if (bytes.length >= SUN_PATH_SIZE) {
      throw new IllegalArgumentException(
          "%s has %d bytes; the path of a Unix socket has at most %d: choose a shorter folder"
              .formatted(path, bytes.length, SUN_PATH_SIZE - 1));
    }
    Memory address = new Memory(SUN_PATH + SUN_PATH_SIZE);
    address.clear();
    address.setShort(0, (short) AF_UNIX);
    address.write(SUN_PATH, bytes, 0, bytes.length);
    return address;
  }

  private static int retry(String call, NativeCall body) {
    while (true) {
      int result = body.call();
      if (result >= 0) {
        return result;
      }
      Errno errno = lastErrno();
      if (errno != Errno.EINTR) {
        throw new KernelException(call, errno);
      }
    }
  }

  private static Errno lastErrno() {
    return Errno.of(Native.getLastError());
  }

  private interface NativeCall {
    int call();
  }
}
