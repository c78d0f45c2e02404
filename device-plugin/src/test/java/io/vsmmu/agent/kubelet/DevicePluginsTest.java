package io.vsmmu.agent.kubelet;

import static io.vsmmu.agent.inventory.DeviceState.ALLOCATED;
import static io.vsmmu.agent.inventory.DeviceState.AVAILABLE;
import static io.vsmmu.agent.inventory.DeviceState.INELIGIBLE;
import static io.vsmmu.agent.inventory.DeviceState.UNHEALTHY;
import static io.vsmmu.agent.kubelet.FakeInventory.device;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.vsmmu.agent.allocation.AllocationAnswer;
import io.vsmmu.agent.allocation.AllocationException;
import io.vsmmu.agent.allocation.Allocator;
import io.vsmmu.agent.allocation.DeviceHolders;
import io.vsmmu.agent.allocation.DeviceHolders.Holder;
import io.vsmmu.agent.allocation.PodContainer;
import io.vsmmu.agent.inventory.Device;
import io.vsmmu.agent.kubelet.PodResourcesHolders.OwnPod;
import io.vsmmu.standin.kubelet.AdmissionException;
import io.vsmmu.standin.kubelet.ContainerGrant;
import io.vsmmu.standin.kubelet.KubeletGeneration;
import io.vsmmu.standin.kubelet.PodRef;
import io.vsmmu.standin.kubelet.StandInKubelet;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DevicePluginsTest {
  private static final String NIC = "vsmmu.io/nic";
  private static final String GPU = "vsmmu.io/gpu";
  private static final PodRef POD =
      new PodRef("vms", "vm-1", "0b5c7d1e-7c7a-4d0e-9d1c-3f5a6b7c8d9e");
  private static final Allocator ANSWERS =
      (resource, ids) ->
          new AllocationAnswer(
              "a1",
              Map.of("PCI_RESOURCE_VSMMU_IO_NIC", String.join(",", ids)),
              List.of(
                  new AllocationAnswer.DeviceNode(
                      Path.of("/dev/iommu"), Path.of("/dev/iommu"), "mrw")),
              List.of(
                  new AllocationAnswer.Mount(
                      Path.of("/run/vsmmu/a1"), Path.of("/run/vsmmu"), true)));

  @TempDir Path folder;
  private final FakeInventory inventory = new FakeInventory();
  private StandInKubelet kubelet;

  @BeforeAll
  static void bePatient() {
    Awaitility.setDefaultTimeout(Duration.ofSeconds(30));
  }

  @BeforeEach
  void startKubelet() throws IOException {
    kubelet = StandInKubelet.start(devicePlugins(), podResources());
  }

  @AfterEach
  void stopKubelet() {
    kubelet.close();
  }

  @Test
  void registersEachResourceWithItsDevices() throws IOException {
    inventory.set(
        List.of(NIC, GPU),
        List.of(
            device(GPU, "0000:09:00.0", AVAILABLE),
            device(NIC, "0000:01:00.0", AVAILABLE),
            device(NIC, "0000:02:00.0", ALLOCATED),
            device(NIC, "0000:03:00.0", UNHEALTHY),
            device(NIC, "0000:04:00.0", INELIGIBLE)));
    try (var plugins = plugins(ANSWERS)) {
      await().untilAsserted(() -> assertThat(kubelet.capacity(NIC)).isEqualTo(3));
      assertThat(kubelet.healthy(NIC)).containsExactly("0000:01:00.0", "0000:02:00.0");
      await().untilAsserted(() -> assertThat(kubelet.healthy(GPU)).hasSize(1));
      await()
          .untilAsserted(() ->
              assertThat(plugins.registrations().values())
                  .hasSize(2)
                  .allMatch(ResourceRegistration::registered));
    }
  }

  @Test
  void sendsChangesOnceAndNothingWithoutChange() throws IOException {
    inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", AVAILABLE)));
    try (var plugins = plugins(ANSWERS)) {
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isEqualTo(1));
      for (int i = 0; i < 20; i++) {
        inventory.set(
            List.of(NIC),
            List.of(
                device(NIC, "0000:01:00.0", ALLOCATED),
                device(NIC, "0000:02:00.0", i % 2 == 0 ? UNHEALTHY : AVAILABLE)));
      }
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isEqualTo(2));
      // The first list, and the changes collected into one or, if a send fell between them, few.
      assertThat(kubelet.messages(NIC)).isBetween(2, 4);
      int before = kubelet.messages(NIC);
      inventory.set(
          List.of(NIC),
          List.of(device(NIC, "0000:01:00.0", AVAILABLE), device(NIC, "0000:02:00.0", AVAILABLE)));
      inventory.set(List.of(NIC), List.of(device(NIC, "0000:02:00.0", AVAILABLE)));
      await().untilAsserted(() -> assertThat(kubelet.capacity(NIC)).isEqualTo(1));
      assertThat(kubelet.messages(NIC)).isEqualTo(before + 1);
      assertThat(plugins.registrations()).containsOnlyKeys(NIC);
    }
  }

  @ParameterizedTest
  @EnumSource(KubeletGeneration.class)
  void registersAgainWhenKubeletRestarts(KubeletGeneration generation) throws IOException {
    inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", AVAILABLE)));
    try (var plugins = plugins(ANSWERS)) {
      await().untilAsserted(() -> assertThat(registered(plugins)).isTrue());
      for (int restart = 0; restart < 3; restart++) {
        kubelet.close();
        await().untilAsserted(() -> assertThat(registered(plugins)).isFalse());
        kubelet = StandInKubelet.start(devicePlugins(), podResources(), generation, () -> {});
        await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isEqualTo(1));
        await().untilAsserted(() -> assertThat(registered(plugins)).isTrue());
      }
      assertThat(ourSockets()).hasSize(1);
    }
  }

  @Test
  void registersAgainWhenItsSocketIsRemoved() throws IOException {
    inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", AVAILABLE)));
    try (var plugins = plugins(ANSWERS)) {
      await().untilAsserted(() -> assertThat(registered(plugins)).isTrue());
      Path first = ourSockets().getFirst();
      Files.delete(first);
      await().untilAsserted(() -> assertThat(kubelet.registrations()).isEqualTo(2));
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isEqualTo(1));
      assertThat(ourSockets()).hasSize(1).doesNotContain(first);
      await().untilAsserted(() -> assertThat(registered(plugins)).isTrue());
    }
  }

  @Test
  void waitsForAKubeletThatIsNotThereYet() throws IOException {
    kubelet.close();
    Files.deleteIfExists(devicePlugins().resolve("kubelet.sock"));
    inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", AVAILABLE)));
    try (var plugins = plugins(ANSWERS)) {
      await()
          .untilAsserted(() ->
              assertThat(plugins.registrations().values())
                  .extracting(ResourceRegistration::reason)
                  .containsExactly("KubeletAbsent"));
      kubelet = StandInKubelet.start(devicePlugins(), podResources());
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isEqualTo(1));
    }
  }

  @Test
  void waitsForAKubeletWhoseSocketIsThereBeforeItAccepts() throws IOException {
    kubelet.close();
    Files.deleteIfExists(devicePlugins().resolve("kubelet.sock"));
    // Bound, and nobody listens: connecting is refused.
    try (var early = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      early.bind(UnixDomainSocketAddress.of(devicePlugins().resolve("kubelet.sock")));
    }
    inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", AVAILABLE)));
    try (var plugins = plugins(ANSWERS)) {
      await().untilAsserted(() -> assertThat(reason(plugins)).isEqualTo("RegistrationFailed"));
      kubelet = StandInKubelet.start(devicePlugins(), podResources());
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isEqualTo(1));
      await().untilAsserted(() -> assertThat(registered(plugins)).isTrue());
    }
  }

  @Test
  void noticesKubeletWithoutAWatch() throws IOException {
    kubelet.close();
    Path later = folder.resolve("later");
    inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", AVAILABLE)));
    // A folder that is not there cannot be watched.
    try (var plugins =
        DevicePlugins.start(later, inventory, ANSWERS, KubeletTimings.DEFAULT, states -> {})) {
      await().untilAsserted(() -> assertThat(reason(plugins)).isEqualTo("KubeletAbsent"));
      kubelet = StandInKubelet.start(later, podResources());
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isEqualTo(1));
    }
  }

  @Test
  void isNotRegisteredUntilAStreamIsOpen() throws IOException {
    kubelet.openNoStreams();
    inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", AVAILABLE)));
    try (var plugins =
        plugins(ANSWERS, KubeletTimings.DEFAULT.withStream(Duration.ofMillis(200)))) {
      await().untilAsserted(() -> assertThat(reason(plugins)).isEqualTo("NoStream"));
      assertThat(registered(plugins)).isFalse();
      kubelet.openStreams();
      await().untilAsserted(() -> assertThat(registered(plugins)).isTrue());
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isEqualTo(1));
    }
  }

  @Test
  void registersAgainWhenKubeletLetsTheStreamGo() throws IOException {
    inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", AVAILABLE)));
    try (var plugins = plugins(ANSWERS)) {
      await().untilAsserted(() -> assertThat(registered(plugins)).isTrue());
      Path first = ourSockets().getFirst();
      kubelet.dropStreams();
      await().untilAsserted(() -> assertThat(kubelet.registrations()).isEqualTo(2));
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isEqualTo(1));
      assertThat(ourSockets()).hasSize(1).doesNotContain(first);
    }
  }

  @Test
  void anUnhealthyDeviceIsBackWhenItIsWell() throws IOException {
    inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", AVAILABLE)));
    try (var _ = plugins(ANSWERS)) {
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isEqualTo(1));
      inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", UNHEALTHY)));
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isZero());
      assertThat(kubelet.capacity(NIC)).isEqualTo(1);
      inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", AVAILABLE)));
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isEqualTo(1));
    }
  }

  @Test
  void takesOverFromAnAgentThatIsStillConnected() throws IOException {
    inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", AVAILABLE)));
    var older = plugins(ANSWERS);
    await().untilAsserted(() -> assertThat(registered(older)).isTrue());
    try (var newer = plugins(ANSWERS)) {
      await().untilAsserted(() -> assertThat(registered(newer)).isTrue());
      older.close();
      assertThat(kubelet.allocatable(NIC)).isEqualTo(1);
      assertThat(registered(newer)).isTrue();
      assertThat(kubelet.registrations()).isEqualTo(2);
    }
  }

  @Test
  void comesBackWhenAnOlderKubeletDropsItWithTheAgentBefore() throws IOException {
    kubelet.close();
    kubelet =
        StandInKubelet.start(
            devicePlugins(), podResources(), KubeletGeneration.BY_RESOURCE, () -> {});
    inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", AVAILABLE)));
    var older = plugins(ANSWERS);
    await().untilAsserted(() -> assertThat(registered(older)).isTrue());
    try (var newer = plugins(ANSWERS)) {
      await().untilAsserted(() -> assertThat(registered(newer)).isTrue());
      older.close();
      await().untilAsserted(() -> assertThat(kubelet.registrations()).isEqualTo(3));
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isEqualTo(1));
      await().untilAsserted(() -> assertThat(registered(newer)).isTrue());
    }
  }

  @Test
  void withdrawsAResourceThatIsNoLongerAskedFor() throws IOException {
    inventory.set(
        List.of(NIC, GPU),
        List.of(device(GPU, "0000:09:00.0", AVAILABLE), device(NIC, "0000:01:00.0", AVAILABLE)));
    try (var plugins = plugins(ANSWERS)) {
      await().untilAsserted(() -> assertThat(kubelet.allocatable(GPU)).isEqualTo(1));
      inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", AVAILABLE)));
      await().untilAsserted(() -> assertThat(kubelet.allocatable(GPU)).isZero());
      assertThat(kubelet.capacity(GPU)).as("kept for a while").isEqualTo(1);
      assertThat(kubelet.allocatable(NIC)).isEqualTo(1);
      assertThat(plugins.registrations()).containsOnlyKeys(NIC);
    }
  }

  @Test
  void leavesNoSocketBehindAndRemovesWhatAKilledAgentLeft() throws Exception {
    inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", AVAILABLE)));
    Path abandoned = devicePlugins().resolve("vsmmu-nic-00000000.sock");
    Files.createFile(abandoned);
    try (var plugins = plugins(ANSWERS)) {
      await().untilAsserted(() -> assertThat(registered(plugins)).isTrue());
      assertThat(abandoned).doesNotExist();
    }
    assertThat(ourSockets()).isEmpty();
  }

  @Test
  void passesTheAllocatorsAnswerOn() throws Exception {
    inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", AVAILABLE)));
    try (var plugins = plugins(ANSWERS)) {
      await().untilAsserted(() -> assertThat(registered(plugins)).isTrue());
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isEqualTo(1));
      ContainerGrant grant = kubelet.admit(POD, "compute", Map.of(NIC, 1));
      assertThat(grant.env())
          .containsExactly(Map.entry("PCI_RESOURCE_VSMMU_IO_NIC", "0000:01:00.0"));
      assertThat(grant.devices())
          .hasEntrySatisfying(
              "/dev/iommu", node -> assertThat(node.getPermissions()).isEqualTo("mrw"));
      assertThat(grant.mounts())
          .hasEntrySatisfying(
              "/run/vsmmu",
              mount -> {
                assertThat(mount.getHostPath()).isEqualTo("/run/vsmmu/a1");
                assertThat(mount.getReadOnly()).isTrue();
              });
    }
  }

  @Test
  void failsAllocateWithTheAllocatorsReason() throws Exception {
    inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", AVAILABLE)));
    Allocator refuses =
        (resource, ids) -> {
          throw new AllocationException("0000:01:00.0 is still open elsewhere (EBUSY)");
        };
    try (var plugins = plugins(refuses)) {
      await().untilAsserted(() -> assertThat(registered(plugins)).isTrue());
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isEqualTo(1));
      assertThatThrownBy(() -> kubelet.admit(POD, "compute", Map.of(NIC, 1)))
          .isInstanceOf(AdmissionException.class)
          .hasMessageContaining("FAILED_PRECONDITION")
          .hasMessageContaining("0000:01:00.0 is still open elsewhere (EBUSY)");
      assertThat(kubelet.devicesOf(POD)).isEmpty();
    }
  }

  @Test
  void failsAllocateThatTakesTooLong() throws Exception {
    inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", AVAILABLE)));
    var never = new CountDownLatch(1);
    var interrupted = new CountDownLatch(1);
    Allocator hangs =
        (resource, ids) -> {
          try {
            never.await();
          } catch (InterruptedException e) {
            interrupted.countDown();
          }
          throw new AllocationException("gave up");
        };
    try (var plugins = plugins(hangs, KubeletTimings.DEFAULT.withAllocate(Duration.ofMillis(50)))) {
      await().untilAsserted(() -> assertThat(registered(plugins)).isTrue());
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isEqualTo(1));
      assertThatThrownBy(() -> kubelet.admit(POD, "compute", Map.of(NIC, 1)))
          .isInstanceOf(AdmissionException.class)
          .hasMessageContaining("DEADLINE_EXCEEDED")
          .hasMessageContaining("0000:01:00.0");
      assertThat(interrupted.await(5, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void tellsWhoHoldsWhatWithTheirUids() throws Exception {
    inventory.set(
        List.of(NIC),
        List.of(device(NIC, "0000:01:00.0", AVAILABLE), device(NIC, "0000:02:00.0", AVAILABLE)));
    try (var plugins = plugins(ANSWERS);
        var holders =
            new PodResourcesHolders(
                podResources(), devicePlugins(), Optional.empty(), KubeletTimings.DEFAULT)) {
      await().untilAsserted(() -> assertThat(registered(plugins)).isTrue());
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isEqualTo(2));
      assertThat(holders.list().holders()).isEmpty();
      kubelet.admit(POD, "compute", Map.of(NIC, 2));
      var holder =
          new Holder(
              new PodContainer("vms", "vm-1", POD.uid(), "compute"),
              NIC,
              Set.of("0000:01:00.0", "0000:02:00.0"));
      assertThat(holders.list().holders()).containsExactly(holder);

      kubelet.close();
      assertThatThrownBy(holders::list)
          .isInstanceOf(IOException.class)
          .hasMessageContaining(podResources().toString());
      kubelet = StandInKubelet.start(devicePlugins(), podResources());
      assertThat(holders.list().holders()).containsExactly(holder);
      Files.delete(devicePlugins().resolve("kubelet_internal_checkpoint"));
      assertThat(holders.list().holders().getFirst().container().uid()).isNull();
      kubelet.remove(POD);
      assertThat(holders.list().holders()).isEmpty();
    }
  }

  @Test
  void aListWithoutTheAgentsOwnPodIsNotComplete() throws Exception {
    inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", AVAILABLE)));
    var own = new PodRef("vsmmu-system", "vsmmu-agent-x2k4d", "uid-of-the-agent");
    try (var plugins = plugins(ANSWERS);
        var holders =
            new PodResourcesHolders(
                podResources(),
                devicePlugins(),
                Optional.of(new OwnPod(own.namespace(), own.name())),
                KubeletTimings.DEFAULT)) {
      await().untilAsserted(() -> assertThat(registered(plugins)).isTrue());
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isEqualTo(1));
      kubelet.admit(POD, "compute", Map.of(NIC, 1));
      assertThat(holders.list().complete()).isFalse();
      assertThat(holders.list().holders()).hasSize(1);

      kubelet.run(own);
      assertThat(holders.list().complete()).isTrue();

      kubelet.loseApiServer();
      assertThat(holders.list())
          .isEqualTo(new DeviceHolders.Listing(false, holders.list().kubelet(), List.of()));
      kubelet.findApiServer();
      assertThat(holders.list().complete()).isTrue();
    }
  }

  @Test
  void thousandsOfDevicesFitIntoKubeletsMessages() throws Exception {
    List<Device> devices = new ArrayList<>();
    for (int i = 0; i < 4096; i++) {
      devices.add(
          device(NIC, "%04x:%02x:%02x.0".formatted(0x1000 + i, i % 256, i % 32), AVAILABLE));
    }
    inventory.set(List.of(NIC), devices);
    try (var plugins = plugins(ANSWERS)) {
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isEqualTo(4096));
      assertThat(kubelet.largestMessage(NIC)).isBetween(1, 4 << 20);
      assertThat(kubelet.messages(NIC)).isEqualTo(1);
      // Every one changes, one after the other: collected into few lists.
      for (int i = 0; i < 4096; i++) {
        devices.set(i, device(NIC, devices.get(i).id(), UNHEALTHY));
        inventory.set(List.of(NIC), devices);
      }
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isZero());
      assertThat(kubelet.messages(NIC)).isLessThan(200);
      assertThat(registered(plugins)).isTrue();
    }
  }

  private DevicePlugins plugins(Allocator allocator) throws IOException {
    return plugins(allocator, KubeletTimings.DEFAULT);
  }

  private DevicePlugins plugins(Allocator allocator, KubeletTimings timings) throws IOException {
    return DevicePlugins.start(devicePlugins(), inventory, allocator, timings, states -> {});
  }

  private static boolean registered(DevicePlugins plugins) {
    var registration = plugins.registrations().get(NIC);
    return registration != null && registration.registered();
  }

  private static @Nullable String reason(DevicePlugins plugins) {
    var registration = plugins.registrations().get(NIC);
    return registration == null ? null : registration.reason();
  }

  private List<Path> ourSockets() throws IOException {
    try (DirectoryStream<Path> sockets =
        Files.newDirectoryStream(devicePlugins(), "vsmmu-*.sock")) {
      var list = new ArrayList<Path>();
      sockets.forEach(list::add);
      return list;
    }
  }

  private Path devicePlugins() {
    return folder.resolve("dp");
  }

  private Path podResources() {
    return folder.resolve("pr").resolve("kubelet.sock");
  }
}
