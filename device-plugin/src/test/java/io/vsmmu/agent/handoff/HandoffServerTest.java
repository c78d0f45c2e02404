package io.vsmmu.agent.handoff;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.vsmmu.agent.allocation.DeviceHolders;
import io.vsmmu.agent.allocation.HandoffOffer;
import io.vsmmu.agent.allocation.HandoffProtocol;
import io.vsmmu.agent.allocation.PodContainer;
import io.vsmmu.agent.handoff.HandoffListener.Outcome;
import io.vsmmu.agent.receive.HandoffClient;
import io.vsmmu.agent.receive.ReceivedContext;
import io.vsmmu.iommufd.fdpass.Deadline;
import io.vsmmu.iommufd.fdpass.SocketType;
import io.vsmmu.iommufd.fdpass.UnixSocket;
import io.vsmmu.iommufd.kernel.KernelException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HandoffServerTest {
  private static final String UID = "0b5c7d1e-7c7a-4d0e-9d1c-3f5a6b7c8d9e";
  private static final String OTHER_UID = "ffffffff-ffff-ffff-ffff-ffffffffffff";
  private static final String NIC = "vsmmu.io/nic";
  private static final Set<String> IDS = Set.of("0000:01:00.0", "0000:02:00.0");
  private static final HandoffOffer OFFER = new HandoffOffer("a1", NIC, IDS, false);
  private static final HandoffOffer KUBEVIRT = new HandoffOffer("a1", NIC, IDS, true);
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Duration SHORT = Duration.ofMillis(200);

  @TempDir Path temporary;
  private final Queue<Outcome> outcomes = new ConcurrentLinkedQueue<>();
  private FileSource source;
  private volatile DeviceHolders holders = () -> listing(holder(UID, IDS));

  @BeforeEach
  void prepare() throws IOException {
    source = FileSource.in(temporary);
    inPod(UID);
  }

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
    var rule = PeerCheck.path(() -> holders.list());
    try (var server = new HandoffServer(settings, source, rule, HandoffListener.NONE)) {
      assertThatThrownBy(() -> server.open(OFFER))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("choose a shorter folder");
      assertThat(tooLong).isEmptyDirectory();
    }
  }

  @Test
  void refusesAProcessOfAnotherPod() throws Exception {
    inPod(OTHER_UID);
    assertRefused();
  }

  @Test
  void refusesAProcessThatIsInNoPod() throws Exception {
    Files.writeString(cgroupFile(), "0::/user.slice\n");
    assertRefused();
  }

  @Test
  void refusesWhenItCannotSeeThePeersCgroup() throws Exception {
    Files.delete(cgroupFile());
    assertRefused();
  }

  @Test
  void refusesWhenKubeletListsNobody() throws Exception {
    holders = () -> listing();
    assertRefused();
  }

  @Test
  void refusesThePodThatHoldsSomeOfTheDevicesOnly() throws Exception {
    holders = () -> listing(holder(UID, Set.of("0000:01:00.0")));
    assertRefused();
  }

  @Test
  void refusesWhenKubeletDoesNotAnswer() throws Exception {
    holders =
        () -> {
          throw new IOException("no kubelet");
        };
    assertRefused();
  }

  @Test
  void refusesWhenTheOwnersUidIsNotKnown() throws Exception {
    holders = () -> listing(holder(null, IDS));
    assertRefused();
  }

  @Test
  void theWeakerRuleAsksNothingOfTheProcessButStillForAnOwner() throws Exception {
    Files.delete(cgroupFile());
    var rule = PeerCheck.path(() -> holders.list());
    try (var server = new HandoffServer(settings(LIMIT), source, rule, HandoffListener.NONE)) {
      Path directory = server.open(OFFER);
      receive(directory).close();
      holders = () -> listing();
      assertThatThrownBy(() -> receive(directory)).hasMessageContaining("refused");
      assertThat(source.taken).hasValue(1);
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
        receive(directory).close();
        await().untilAsserted(() -> assertThat(source.acknowledged).hasValue(1));
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
  void kubeVirtsSocketIsCheckedLikeTheOther() throws Exception {
    inPod(OTHER_UID);
    try (var server = server(LIMIT)) {
      Path directory = server.open(KUBEVIRT);
      try (var stranger = connectKubeVirt(directory);
          var message = stranger.receive(16, 8, deadline())) {
        assertThat(message.isEnd()).isTrue();
      }
      assertThat(source.taken).hasValue(0);
      // Else the server's end would wait for the launcher that is still to come.
      server.close("a1");
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
    try (var server = server(Duration.ofSeconds(2))) {
      Path directory = server.open(OFFER);

      receive(directory).close();
      await().untilAsserted(() -> assertThat(outcomes).containsExactly(Outcome.HANDED));

      try (var silent = connect(directory)) {
        await().untilAsserted(() -> assertThat(outcomes).contains(Outcome.BROKEN_OFF).hasSize(2));
        assertThat(silent.fd()).isPositive();
      }
      connect(directory).close();
      await().untilAsserted(() -> assertThat(outcomes).hasSize(3));

      holders = () -> listing(holder(OTHER_UID, IDS));
      connect(directory).close();
      await().untilAsserted(() -> assertThat(outcomes).contains(Outcome.STRANGER));
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

  private void assertRefused() throws IOException {
    try (var server = server(LIMIT)) {
      Path directory = server.open(OFFER);
      assertThatThrownBy(() -> receive(directory))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("the agent refused");
      assertThat(source.taken).hasValue(0);
    }
  }

  private HandoffServer server(Duration exchange) {
    var rule = PeerCheck.pod(() -> holders.list(), temporary.resolve("proc"));
    return new HandoffServer(
        settings(exchange), source, rule, (protocol, outcome, took) -> outcomes.add(outcome));
  }

  private HandoffSettings settings(Duration exchange) {
    // The tests' own process is the client: its limit is to stay as it is.
    return new HandoffSettings(
        temporary.resolve("h"), exchange, LIMIT, MemlockPolicy.of(MemlockLimit.of(0)));
  }

  private static ReceivedContext receive(Path directory) throws IOException {
    try {
      return HandoffClient.receive(directory.resolve("handoff.sock"), LIMIT);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static UnixSocket connect(Path directory) throws KernelException {
    return UnixSocket.connect(directory.resolve("handoff.sock"), SocketType.STREAM, deadline());
  }

  private static UnixSocket connectKubeVirt(Path directory) {
    return UnixSocket.connect(directory.resolve("iommufd.sock"), SocketType.STREAM, deadline());
  }

  private static Deadline deadline() {
    return Deadline.after(LIMIT);
  }

  private static DeviceHolders.Listing listing(DeviceHolders.Holder... holders) {
    return new DeviceHolders.Listing(true, Optional.empty(), List.of(holders));
  }

  private static DeviceHolders.Holder holder(@Nullable String uid, Set<String> ids) {
    return new DeviceHolders.Holder(new PodContainer("vms", "vm-1", uid, "compute"), NIC, ids);
  }

  private void inPod(String uid) throws IOException {
    Files.createDirectories(cgroupFile().getParent());
    Files.writeString(cgroupFile(), "0::/kubepods/burstable/pod" + uid + "/c\n");
  }

  private Path cgroupFile() {
    return temporary.resolve("proc/" + ProcessHandle.current().pid() + "/cgroup");
  }

  private static String permissions(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }
}
