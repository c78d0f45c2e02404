package io.vsmmu.agent.kubelet;

import static io.vsmmu.agent.inventory.DeviceState.AVAILABLE;
import static io.vsmmu.agent.kubelet.FakeInventory.device;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vsmmu.standin.kubelet.KubeletGeneration;
import io.vsmmu.standin.kubelet.StandInKubelet;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Over all that kubelet, and agents before this one, may do to a registration. */
class RegistrationTest extends DevicePluginsFixture {

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
}
