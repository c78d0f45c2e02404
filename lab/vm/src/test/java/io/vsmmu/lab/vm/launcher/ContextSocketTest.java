package io.vsmmu.lab.vm.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vsmmu.iommufd.fdpass.Deadline;
import io.vsmmu.iommufd.fdpass.SocketType;
import io.vsmmu.iommufd.fdpass.UnixListener;
import io.vsmmu.iommufd.fdpass.UnixSocket;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContextSocketTest {
  private final Deadline deadline = Deadline.after(Duration.ofSeconds(30));

  @TempDir private Path folder;

  @Test
  void takesTheDescriptorThatComesWithTheByteAndAnswers() throws Exception {
    try (var pair = UnixSocket.pair(SocketType.STREAM)) {
      var answer =
          served(
              agent -> {
                agent.send(new byte[1], List.of(pair.first().fd()), deadline);
                return agent.receive(1, 0, deadline).bytes();
              },
              path -> {
                try (var context = ContextSocket.receive(path, deadline)) {
                  UnixSocket.adopt(context.take(), "received").send(new byte[] {7}, deadline);
                }
              });

      assertThat(answer).containsExactly(0);
      assertThat(pair.second().receive(1, 0, deadline).bytes()).containsExactly(7);
    }
  }

  @Test
  void saysThatTheAgentRefused() throws Exception {
    served(
        agent -> new byte[0],
        path ->
            assertThatThrownBy(() -> ContextSocket.receive(path, deadline))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("refused"));
  }

  @Test
  void takesNoByteWithoutADescriptor() throws Exception {
    served(
        agent -> {
          agent.send(new byte[1], deadline);
          return new byte[0];
        },
        path ->
            assertThatThrownBy(() -> ContextSocket.receive(path, deadline))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("1 bytes with 0 came"));
  }

  private byte[] served(Agent agent, Client client) throws Exception {
    var path = folder.resolve("iommufd.sock");
    try (var listener =
            UnixListener.listen(
                path, SocketType.STREAM, PosixFilePermissions.fromString("rw-------"), 1);
        var threads = Executors.newSingleThreadExecutor()) {
      Callable<byte[]> serve =
          () -> {
            try (var connection = listener.accept(deadline)) {
              return agent.talk(connection);
            }
          };
      Future<byte[]> answer = threads.submit(serve);
      client.use(path);
      return answer.get();
    }
  }

  private interface Agent {
    byte[] talk(UnixSocket connection) throws Exception;
  }

  private interface Client {
    void use(Path path) throws Exception;
  }
}
