package io.vsmmu.agent.handoff;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vsmmu.agent.allocation.DeviceHolders;
import io.vsmmu.agent.allocation.HandoffOffer;
import io.vsmmu.agent.allocation.PodContainer;
import io.vsmmu.agent.handoff.HandoffListener.Outcome;
import io.vsmmu.agent.receive.HandoffClient;
import io.vsmmu.agent.receive.ReceivedContext;
import io.vsmmu.iommufd.fdpass.Deadline;
import io.vsmmu.iommufd.fdpass.SocketType;
import io.vsmmu.iommufd.fdpass.UnixSocket;
import io.vsmmu.iommufd.kernel.KernelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A server with one offer, and clients that are processes of a pod. */
abstract class HandoffFixture {

  static final String UID = "0b5c7d1e-7c7a-4d0e-9d1c-3f5a6b7c8d9e";
  static final String OTHER_UID = "ffffffff-ffff-ffff-ffff-ffffffffffff";
  static final String NIC = "vsmmu.io/nic";
  static final Set<String> IDS = Set.of("0000:01:00.0", "0000:02:00.0");
  static final HandoffOffer OFFER = new HandoffOffer("a1", NIC, IDS, false);
  static final HandoffOffer KUBEVIRT = new HandoffOffer("a1", NIC, IDS, true);
  static final Duration LIMIT = Duration.ofSeconds(20);
  static final Duration SHORT = Duration.ofMillis(200);

  @TempDir Path temporary;
  final Queue<Outcome> outcomes = new ConcurrentLinkedQueue<>();
  FileSource source;
  volatile DeviceHolders holders = () -> listing(holder(UID, IDS));

  @BeforeAll
  static void bePatient() {
    Awaitility.setDefaultTimeout(Duration.ofSeconds(30));
  }

  @BeforeEach
  void prepare() throws IOException {
    source = FileSource.in(temporary);
    inPod(UID);
  }

  void assertRefused() throws IOException {
    try (var server = server(LIMIT)) {
      Path directory = server.open(OFFER);
      assertThatThrownBy(() -> receive(directory))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("the agent refused");
      assertThat(source.taken).hasValue(0);
    }
  }

  HandoffServer server(Duration exchange) {
    return server(exchange, Duration.ZERO);
  }

  /**
   * @param patience with a kubelet that does not tell
   */
  HandoffServer server(Duration exchange, Duration patience) {
    var rule = PeerCheck.pod(() -> holders.list(), temporary.resolve("proc"), patience);
    return new HandoffServer(
        settings(exchange), source, rule, (protocol, outcome, took) -> outcomes.add(outcome));
  }

  HandoffSettings settings(Duration exchange) {
    // The tests' own process is the client: its limit is to stay as it is.
    return new HandoffSettings(
        temporary.resolve("h"), exchange, LIMIT, MemlockPolicy.of(MemlockLimit.of(0)));
  }

  static ReceivedContext receive(Path directory) throws IOException {
    try {
      return HandoffClient.receive(directory.resolve("handoff.sock"), LIMIT);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  static UnixSocket connect(Path directory) throws KernelException {
    return UnixSocket.connect(directory.resolve("handoff.sock"), SocketType.STREAM, deadline());
  }

  static UnixSocket connectKubeVirt(Path directory) {
    return UnixSocket.connect(directory.resolve("iommufd.sock"), SocketType.STREAM, deadline());
  }

  static Deadline deadline() {
    return Deadline.after(LIMIT);
  }

  static DeviceHolders.Listing listing(DeviceHolders.Holder... holders) {
    return new DeviceHolders.Listing(true, Optional.empty(), List.of(holders));
  }

  /** Of a kubelet that does not know its pods yet. */
  static DeviceHolders.Listing incomplete() {
    return new DeviceHolders.Listing(false, Optional.empty(), List.of());
  }

  static DeviceHolders.Holder holder(@Nullable String uid, Set<String> ids) {
    return new DeviceHolders.Holder(new PodContainer("vms", "vm-1", uid, "compute"), NIC, ids);
  }

  void inPod(String uid) throws IOException {
    Files.createDirectories(cgroupFile().getParent());
    Files.writeString(cgroupFile(), "0::/kubepods/burstable/pod" + uid + "/c\n");
  }

  Path cgroupFile() {
    return temporary.resolve("proc/" + ProcessHandle.current().pid() + "/cgroup");
  }

  static String permissions(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }
}
