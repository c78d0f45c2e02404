package io.vsmmu.agent.handoff;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vsmmu.agent.allocation.HandoffProtocol;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What virt-launcher gets, and how long it is waited for. */
class KubeVirtSocketTest extends HandoffFixture {

  @Test
  void kubeVirtGetsOneByteWithTheContextAndAnswersOne() throws Exception {
    try (var server = server(LIMIT)) {
      Path directory = server.open(KUBEVIRT);
      try (var launcher = connectKubeVirt(directory);
          var message = launcher.receive(16, 8, deadline())) {
        assertThat(message.bytes()).containsExactly(0);
        assertThat(message.fds()).hasSize(1);
        assertThat(
                Files.readSymbolicLink(Path.of("/proc/self/fd/" + message.fds().getFirst().fd())))
            .isEqualTo(temporary.resolve("iommufd"));
        assertThat(source.lastProtocol).isEqualTo(HandoffProtocol.KUBEVIRT);
        launcher.send(new byte[1], deadline());
        await().untilAsserted(() -> assertThat(source.closed).hasValue(1));
        assertThat(source.acknowledged).hasValue(1);
      }
      receive(directory).close();
      await().untilAsserted(() -> assertThat(source.acknowledged).hasValue(2));
    }
  }

  @Test
  void aVirtLauncherThatGoesAwayDoesNotCount() throws Exception {
    try (var server = server(LIMIT)) {
      Path directory = server.open(KUBEVIRT);
      connectKubeVirt(directory).close();
      await().untilAsserted(() -> assertThat(source.closed).hasValue(1));
      assertThat(source.acknowledged).hasValue(0);
      server.close("a1");
    }
  }

  @Test
  void onlyWhoIsToHaveItGetsKubeVirtsSocket() throws Exception {
    try (var server = server(LIMIT)) {
      assertThat(server.open(OFFER).resolve("iommufd.sock")).doesNotExist();
    }
  }

  @Test
  void anAgentThatStopsWaitsForTheVirtLauncherThatIsAboutToConnect() throws Exception {
    var server = server(LIMIT);
    Path directory = server.open(KUBEVIRT);
    var stop = CompletableFuture.runAsync(server::close);
    try (var launcher = connectKubeVirt(directory);
        var message = launcher.receive(16, 8, deadline())) {
      assertThat(message.fds()).hasSize(1);
      assertThat(stop).isNotDone();
      launcher.send(new byte[1], deadline());
    }
    stop.join();
    assertThat(source.acknowledged).hasValue(1);
  }

  @Test
  void anAgentThatStopsWaitsForNobodyElse() throws Exception {
    var server = server(LIMIT);
    server.open(OFFER);
    server.close();
    assertThat(source.taken).hasValue(0);
  }
}
