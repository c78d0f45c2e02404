package io.vsmmu.agent.handoff;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.vsmmu.agent.allocation.HandoffOffer;
import io.vsmmu.agent.allocation.PodContainer;
import io.vsmmu.agent.handoff.HandoffListener.Outcome;
import io.vsmmu.agent.receive.ReceivedContext;
import io.vsmmu.iommufd.fdpass.UnixSocket;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class HandoffServerTest extends HandoffFixture {

  @Test
  void handsOverWhatTheManifestNamesAndKeepsNothing() throws Exception {
    try (var server = server(LIMIT)) {
      Path directory = server.open(OFFER);
      try (ReceivedContext received = receive(directory)) {
        assertThat(received.manifest()).isEqualTo(source.manifest("a1"));
        for (String name : received.manifest().fds()) {
          int fd = received.named(name).fd();
          assertThat(Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd)))
              .isEqualTo(temporary.resolve(name));
        }
        await().untilAsserted(() -> assertThat(source.closed).hasValue(1));
        assertThat(source.acknowledged).hasValue(1);
        assertThat(source.openFiles()).as("the client's only").isEqualTo(2);
        assertThat(source.lastPeer).isEqualTo(new PodContainer("vms", "vm-1", UID, "compute"));
      }
      assertThat(source.openFiles()).isZero();
    }
  }

  @Test
  void letsOnlyItsOwnerIntoTheFolderAndAnybodyThroughTheDirectory() throws Exception {
    try (var server = server(LIMIT)) {
      Path directory = server.open(OFFER);
      assertThat(permissions(temporary.resolve("h"))).isEqualTo("rwx------");
      assertThat(permissions(directory)).isEqualTo("rwxr-xr-x");
      assertThat(permissions(directory.resolve("handoff.sock"))).isEqualTo("rw-rw-rw-");
      server.close("a1");
      assertThat(directory).doesNotExist();
      server.close("a1");
    }
  }

  @Test
  void leavesNoDirectoryWhereItCannotServe() {
    var tooLong = temporary.resolve("h".repeat(100));
    var settings = HandoffSettings.in(tooLong, MemlockPolicy.of(MemlockLimit.of(0)));
    var rule = PeerCheck.path(() -> holders.list(), Duration.ZERO);
    try (var server = new HandoffServer(settings, source, rule, HandoffListener.NONE)) {
      assertThatThrownBy(() -> server.open(OFFER))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("choose a shorter folder");
      assertThat(tooLong).isEmptyDirectory();
    }
  }

  @Test
  void endsTheConnectionWhenThereIsNothingToHandOver() throws Exception {
    try (var server = server(LIMIT)) {
      Path directory = server.open(new HandoffOffer("gone", NIC, IDS, false));
      assertThatThrownBy(() -> receive(directory)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void givesUpOnAClientThatDoesNotAcknowledge() throws Exception {
    try (var server = server(SHORT)) {
      Path directory = server.open(OFFER);
      try (var silent = connect(directory)) {
        await().untilAsserted(() -> assertThat(source.closed).hasValue(1));
        assertThat(source.acknowledged).hasValue(0);
        // On a busy machine the next one may take longer than it is given, too, and comes again.
        await()
            .ignoreExceptions()
            .untilAsserted(() -> {
              receive(directory).close();
              assertThat(source.acknowledged).hasPositiveValue();
            });
        assertThat(silent.fd()).isPositive();
      }
      await().untilAsserted(() -> assertThat(source.openFiles()).isZero());
    }
  }

  @Test
  void givesUpOnAClientThatDoesNotRead() throws Exception {
    source =
        new FileSource(List.of(temporary.resolve("iommufd")), 20_000); // more than a socket holds
    try (var server = server(SHORT)) {
      Path directory = server.open(OFFER);
      try (var silent = connect(directory)) {
        await().untilAsserted(() -> assertThat(source.closed).hasValue(1));
        assertThat(source.acknowledged).hasValue(0);
        assertThat(silent.fd()).isPositive();
      }
    }
  }

  @Test
  void takesOtherWordsForNoAcknowledgement() throws Exception {
    try (var server = server(LIMIT)) {
      Path directory = server.open(OFFER);
      for (String answer : List.of("{\"ack\":false}\n", "no\n", "x".repeat(10_000))) {
        int before = source.closed.get();
        try (var client = connect(directory)) {
          client.send(answer.getBytes(UTF_8), deadline());
          await().untilAsserted(() -> assertThat(source.closed).hasValue(before + 1));
        }
      }
      assertThat(source.acknowledged).hasValue(0);
    }
  }

  @Test
  void givesUpOnAClientThatEndsItsHalf() throws Exception {
    try (var server = server(LIMIT)) {
      Path directory = server.open(OFFER);
      try (var client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
        client.connect(UnixDomainSocketAddress.of(directory.resolve("handoff.sock")));
        client.shutdownOutput();
        await().untilAsserted(() -> assertThat(source.closed).hasValue(1));
        assertThat(source.acknowledged).hasValue(0);
      }
    }
  }

  @Test
  void whatAKilledAgentLeftIsRemoved() throws Exception {
    Path kept;
    Path left;
    try (var killed = server(LIMIT)) {
      kept = killed.open(OFFER);
      left = killed.open(new HandoffOffer("a2", NIC, IDS, true));
      Files.createFile(left.resolve("handoff.sock.new"));
      source.acknowledged.incrementAndGet();
    }
    try (var server = server(LIMIT)) {
      server.removeAllBut(Set.of("a1"));
      assertThat(left).doesNotExist();
      assertThat(kept).exists();
    }
  }

  @Test
  void aFloodOnOneAllocationDoesNotStarveAnother() throws Exception {
    try (var server = server(LIMIT)) {
      Path flooded = server.open(OFFER);
      Path other = server.open(new HandoffOffer("a2", NIC, IDS, false));
      List<UnixSocket> flood = new ArrayList<>();
      try {
        for (int i = 0; i < 50; i++) {
          flood.add(connect(flooded));
        }
        receive(other).close();
        await().untilAsserted(() -> assertThat(source.acknowledged).hasValue(1));
        assertThat(source.taken.get()).as("four of the flood at most").isLessThanOrEqualTo(5);
      } finally {
        flood.forEach(UnixSocket::close);
      }
    }
  }

  @Test
  void tellsHowEveryVisitEnded() throws Exception {
    try (var server = server(LIMIT)) {
      Path directory = server.open(OFFER);

      receive(directory).close();
      await().untilAsserted(() -> assertThat(outcomes).containsExactly(Outcome.HANDED));

      connect(directory).close();
      await().untilAsserted(() -> assertThat(outcomes).hasSize(2));

      holders = () -> listing(holder(OTHER_UID, IDS));
      connect(directory).close();
      await().untilAsserted(() -> assertThat(outcomes).contains(Outcome.STRANGER));
    }
  }

  @Test
  void whoStaysSilentIsToldAsBrokenOff() throws Exception {
    try (var server = server(SHORT);
        var silent = connect(server.open(OFFER))) {
      await().untilAsserted(() -> assertThat(outcomes).containsExactly(Outcome.BROKEN_OFF));
      assertThat(silent.fd()).isPositive();
    }
  }

  @Test
  void whoComesWhenThereAreTooManyIsCountedAsSentAway() throws Exception {
    try (var server = server(LIMIT)) {
      Path flooded = server.open(OFFER);
      List<UnixSocket> flood = new ArrayList<>();
      try {
        for (int i = 0; i < 10; i++) {
          flood.add(connect(flooded));
        }
        await().untilAsserted(() -> assertThat(outcomes).contains(Outcome.SENT_AWAY));
      } finally {
        flood.forEach(UnixSocket::close);
      }
    }
  }

  @Test
  void aNewAgentServesTheDirectoryThatIsMountedAlready() throws Exception {
    Path directory;
    Object mounted;
    try (var first = server(LIMIT)) {
      directory = first.open(OFFER);
      mounted = Files.getAttribute(directory, "unix:ino");
    }
    var waiting =
        CompletableFuture.supplyAsync(() -> {
          try {
            return receive(directory);
          } catch (IOException e) {
            throw new CompletionException(e);
          }
        });
    try (var second = server(LIMIT)) {
      assertThat(second.open(OFFER)).isEqualTo(directory);
      waiting.join().close();
      assertThat(Files.getAttribute(directory, "unix:ino")).isEqualTo(mounted);
      await().untilAsserted(() -> assertThat(source.acknowledged).hasValue(1));
    }
  }

  @Test
  void closingTheServerEndsClientsThatDoNotFinish() throws Exception {
    var server = server(LIMIT);
    Path directory = server.open(OFFER);
    try (var silent = connect(directory)) {
      await().untilAsserted(() -> assertThat(source.taken).hasValue(1));
      server.close();
      await().untilAsserted(() -> assertThat(source.closed).hasValue(1));
      assertThat(source.acknowledged).hasValue(0);
      assertThat(silent.fd()).isPositive();
    }
  }

  @Test
  void refusesNamesThatLeadElsewhere() {
    try (var server = server(LIMIT)) {
      for (String name : List.of("", ".", "..", "../x", "a/b", "a\0b")) {
        assertThatThrownBy(() -> server.open(new HandoffOffer(name, NIC, IDS, false)))
            .isInstanceOf(IllegalArgumentException.class);
      }
    }
  }
}
