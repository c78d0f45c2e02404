package io.vsmmu.iommufd.simulated.node;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.throwable;

import io.vsmmu.iommufd.fdpass.Deadline;
import io.vsmmu.iommufd.fdpass.SocketType;
import io.vsmmu.iommufd.fdpass.UnixSocket;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class RemoteKernelTest {

  @Test
  void aNodeThatDidNotWaitForAnAnswerIsHeardAllTheSame() throws Exception {
    try (var file = UnixSocket.pair(SocketType.SEQPACKET);
        var other = UnixSocket.pair(SocketType.SEQPACKET);
        var threads = Executors.newCachedThreadPool()) {
      var node =
          CompletableFuture.runAsync(
              () -> {
                try (var conversation = join(file.second())) {
                  conversation.hear(Deadline.never());
                  conversation.say(new Packet.ResolveDescriptor(other.first().fd()));
                  conversation.say(new Packet.Failed(Errno.ETIMEDOUT.number(), "waited too long"));
                }
                // Only now the client can answer.
                try (var conversation = join(other.second())) {
                  conversation.hear(Deadline.never());
                  conversation.say(new Packet.Identity(1));
                }
              },
              threads);

      assertThatThrownBy(
              () -> RemoteKernel.request(file.first().fd(), "a request", new Packet.Read(1)))
          .asInstanceOf(throwable(KernelException.class))
          .hasMessageContaining("waited too long")
          .matches(e -> e.errno() == Errno.ETIMEDOUT);
      node.get();
    }
  }

  private static Conversation join(UnixSocket file) {
    try (var message = file.receive(1, 1, Deadline.never())) {
      return Conversation.join(message.fds().getFirst().take());
    }
  }
}
