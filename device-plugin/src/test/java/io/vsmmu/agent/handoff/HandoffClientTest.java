package io.vsmmu.agent.handoff;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vsmmu.agent.allocation.AllocationException;
import io.vsmmu.agent.allocation.Collector;
import io.vsmmu.agent.allocation.Handoff;
import io.vsmmu.agent.allocation.HandoffProtocol;
import io.vsmmu.agent.allocation.PodContainer;
import io.vsmmu.agent.receive.HandoffClient;
import io.vsmmu.iommufd.fdpass.SocketType;
import io.vsmmu.iommufd.fdpass.UnixListener;
import io.vsmmu.iommufd.fdpass.UnixSocket;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The client, against an agent that is not as it should be. */
class HandoffClientTest extends HandoffFixture {

  private Path socket;
  private UnixListener listener;

  @BeforeEach
  void listen() {
    socket = temporary.resolve("handoff.sock");
    listener =
        UnixListener.listen(
            socket, SocketType.STREAM, PosixFilePermissions.fromString("rw-rw-rw-"), 8);
  }

  @AfterEach
  void stop() {
    listener.close();
  }

  @Test
  void asksAgainWhenTheAgentLeavesInTheMiddle() throws Exception {
    var answer =
        CompletableFuture.supplyAsync(
            () -> {
              offer(ManifestCodec.LENGTH_BYTES);
              return offer(Integer.MAX_VALUE);
            },
            platformThread());

    try (var received = HandoffClient.receive(socket, LIMIT)) {
      assertThat(received.manifest()).isEqualTo(source.manifest("a1"));
      assertThat(ManifestCodec.isAck(answer.get(LIMIT.toSeconds(), TimeUnit.SECONDS))).isTrue();
      assertThat(source.openFiles()).as("of the second offer only").isEqualTo(2);
    }
  }

  /** As the sockets of one that is killed while it prepares the context. */
  @Test
  void asksAgainWhenTheAgentLeavesBeforeItSaidAnything() throws Exception {
    var _ =
        CompletableFuture.supplyAsync(
            () -> {
              listener.accept(deadline()).close();
              return offer(Integer.MAX_VALUE);
            },
            platformThread());

    try (var received = HandoffClient.receive(socket, LIMIT)) {
      assertThat(received.manifest()).isEqualTo(source.manifest("a1"));
    }
  }

  @Test
  void whoIsSentAwayTwiceIsRefused() {
    var _ =
        CompletableFuture.runAsync(
            () -> {
              listener.accept(deadline()).close();
              listener.accept(deadline()).close();
            },
            platformThread());

    assertThatThrownBy(() -> HandoffClient.receive(socket, LIMIT))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("the agent refused");
  }

  @Test
  void endsWhenTheAgentLeavesAgainAndAgain() {
    var _ =
        CompletableFuture.runAsync(
            () -> {
              while (!listener.isClosed()) {
                offer(ManifestCodec.LENGTH_BYTES);
              }
            },
            platformThread());

    assertThatThrownBy(() -> HandoffClient.receive(socket, SHORT))
        .isInstanceOfSatisfying(
            KernelException.class,
            e -> assertThat(e.errno()).isIn(Errno.ECONNRESET, Errno.ETIMEDOUT));
  }

  /**
   * Serves the next client.
   *
   * @param bytes of the manifest and its length; the agent ends after them if there are more
   * @return what the client answered
   */
  private byte[] offer(int bytes) {
    try (UnixSocket client = listener.accept(deadline());
        Handoff handoff = take()) {
      byte[] frame = ManifestCodec.frame(handoff.manifest());
      client.send(
          Arrays.copyOf(frame, Math.min(bytes, frame.length)), handoff.descriptors(), deadline());
      return bytes < frame.length
          ? new byte[0]
          : client.receive(ManifestCodec.LONGEST_ACK, 0, deadline()).bytes();
    }
  }

  private Handoff take() {
    try {
      return source.take(
          "a1",
          new Collector(new PodContainer("vms", "vm-1", UID, "compute"), Map.of()),
          HandoffProtocol.FULL);
    } catch (AllocationException e) {
      throw new AssertionError(e);
    }
  }

  /** Sockets block their carrier. */
  private static Executor platformThread() {
    return task -> Thread.ofPlatform().daemon().start(task);
  }
}
