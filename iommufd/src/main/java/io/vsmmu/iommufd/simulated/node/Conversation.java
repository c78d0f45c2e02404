package io.vsmmu.iommufd.simulated.node;

import io.vsmmu.iommufd.fdpass.Deadline;
import io.vsmmu.iommufd.fdpass.OwnedFd;
import io.vsmmu.iommufd.fdpass.PeerProcess;
import io.vsmmu.iommufd.fdpass.SocketType;
import io.vsmmu.iommufd.fdpass.UnixSocket;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One request's own connection between client and node. */
final class Conversation implements AutoCloseable {
  private static final byte[] NEW_REQUEST = {1};

  private final UnixSocket socket;

  /** A descriptor that came with the last packet and nobody took. */
  private @Nullable OwnedFd received;

  private Conversation(UnixSocket socket) {
    this.socket = socket;
  }

  /**
   * Begins a request: gives the node its end over the open file's connection.
   *
   * @param fd a connection to the node, which stays the caller's
   * @throws KernelException EBADF when {@code fd} is not open, ENOTSOCK or EPIPE when it is no
   *     connection to a node that lives
   */
  static Conversation begin(int fd, String name) {
    var pair = UnixSocket.pair(SocketType.SEQPACKET);
    try (var theirs = pair.second()) {
      // Not closed: the descriptor is the caller's.
      UnixSocket.adopt(fd, name).send(NEW_REQUEST, List.of(theirs.fd()), Deadline.never());
      return new Conversation(pair.first());
    } catch (RuntimeException e) {
      pair.first().close();
      throw e;
    }
  }

  /** The node's side of a request that a client began. */
  static Conversation join(int fd) {
    return new Conversation(UnixSocket.adopt(fd, "a client's request"));
  }

  void say(Packet packet) {
    socket.send(packet.encode(), Deadline.never());
  }

  /**
   * @param fd goes along; stays the caller's
   */
  void say(Packet packet, int fd) {
    socket.send(packet.encode(), List.of(fd), Deadline.never());
  }

  /**
   * @throws KernelException EIO when the other side has gone; ETIMEDOUT
   */
  Packet hear(Deadline deadline) {
    try (var message = socket.receive(Packet.MAX_SIZE, 1, deadline)) {
      if (message.isEnd()) {
        throw new KernelException(
            "the simulated node's connection ended within a request", Errno.EIO);
      }
      if (!message.fds().isEmpty()) {
        dropReceived();
        received = new OwnedFd(message.fds().getFirst().take());
      }
      return Packet.decode(message.bytes());
    }
  }

  /**
   * The descriptor that came with the last packet; the caller's from now on.
   *
   * @throws KernelException EPROTO when none came
   */
  int takeReceived() {
    if (received == null) {
      throw new KernelException("a packet without the descriptor it is about", Errno.EPROTO);
    }
    int fd = received.take();
    received = null;
    return fd;
  }

  private void dropReceived() {
    if (received != null) {
      received.close();
      received = null;
    }
  }

  /** The process that made the request; to be closed. */
  PeerProcess peer() {
    return socket.peer();
  }

  @Override
  public void close() {
    dropReceived();
    socket.close();
  }
}
