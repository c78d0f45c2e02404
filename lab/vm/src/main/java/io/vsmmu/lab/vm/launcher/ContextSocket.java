package io.vsmmu.lab.vm.launcher;

import io.vsmmu.iommufd.fdpass.Deadline;
import io.vsmmu.iommufd.fdpass.OwnedFd;
import io.vsmmu.iommufd.fdpass.SocketType;
import io.vsmmu.iommufd.fdpass.UnixSocket;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The socket of the VM's iommufd context, as virt-launcher uses it: connects once, takes one byte 0
 * and the descriptor that comes with it, and answers one byte 0.
 */
final class ContextSocket {

  private ContextSocket() {}

  /**
   * Collects the context.
   *
   * @throws IOException when something else comes than the protocol has
   */
  static OwnedFd receive(Path path, Deadline deadline) throws IOException {
    try (var socket = UnixSocket.connect(path, SocketType.STREAM, deadline);
        var message = socket.receive(1, 1, deadline)) {
      if (message.isEnd()) {
        throw new IOException(path + ": refused; the agent's log on the node says why");
      }
      if (message.bytes().length != 1 || message.bytes()[0] != 0 || message.fds().size() != 1) {
        throw new IOException(
            "%s: wanted one byte 0 with one descriptor, and %d bytes with %d came"
                .formatted(path, message.bytes().length, message.fds().size()));
      }
      socket.send(new byte[1], deadline);
      return new OwnedFd(message.fds().getFirst().take());
    }
  }
}
