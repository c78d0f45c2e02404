package io.vsmmu.iommufd.simulated.node;

import io.vsmmu.iommufd.fdpass.Deadline;
import io.vsmmu.iommufd.fdpass.SocketType;
import io.vsmmu.iommufd.fdpass.UnixSocket;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import java.util.List;

/** One request's own connection between client and node. */
final class Conversation implements AutoCloseable {
  private static final byte[] NEW_REQUEST = {1};

  private final UnixSocket socket;

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
   * @throws KernelException EIO when the other side has gone; ETIMEDOUT
   */
  Packet hear(Deadline deadline) {
    try (var message = socket.receive(Packet.MAX_SIZE, 0, deadline)) {
      if (message.isEnd()) {
        throw new KernelException(
            "the simulated node's connection ended within a request", Errno.EIO);
      }
      return Packet.decode(message.bytes());
    }
  }

  /** The user who made the request. */
  int uid() {
    try (var peer = socket.peer()) {
      return peer.uid();
    }
  }

  @Override
  public void close() {
    socket.close();
  }
}
