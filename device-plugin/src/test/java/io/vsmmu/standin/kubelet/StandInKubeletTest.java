package io.vsmmu.standin.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** That the stand-in is as strict and as forgetful as the real kubelet. */
class StandInKubeletTest {

  private static final String NIC = "vsmmu.io/nic";
  private static final PodRef POD = new PodRef("default", "vm", "uid");

  @TempDir Path root;
  private Path folder;
  private StandInKubelet kubelet;

  @BeforeAll
  static void bePatient() {
    Awaitility.setDefaultTimeout(Duration.ofSeconds(30));
  }

  @BeforeEach
  void start() throws IOException {
    folder = root.resolve("device-plugins");
    kubelet = StandInKubelet.start(folder, root.resolve("pr.sock"));
  }

  @AfterEach
  void stop() {
    kubelet.close();
  }

  @Test
  void dialsBackInsideRegisterSoWhoDoesNotServeYetIsRefused() throws IOException {
    try (var plugin = new BarePlugin(folder, "p.sock")) {
      assertThatThrownBy(() -> plugin.register(NIC)).isInstanceOf(StatusRuntimeException.class);
      assertThat(kubelet.registrations()).isZero();

      plugin.serve().register(NIC);
      assertThat(kubelet.registrations()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "v1alpha, p.sock, vsmmu.io/nic",
    "v1beta1, p.sock, nic",
    "v1beta1, other.sock, vsmmu.io/nic",
  })
  void refusesOtherVersionsNamesAndEndpoints(String version, String endpoint, String resource)
      throws IOException {
    try (var plugin = new BarePlugin(folder, "p.sock").serve()) {
      assertThatThrownBy(() -> plugin.register(version, endpoint, resource))
          .isInstanceOf(StatusRuntimeException.class);
    }
  }

  @Test
  void asksForOptionsItselfWhateverRegisterSaid() throws Exception {
    try (var plugin = new BarePlugin(folder, "p.sock").serve()) {
      plugin.register(NIC);
      awaitStream(plugin);
      plugin.list("Healthy", "a", "b");
      await().until(() -> kubelet.allocatable(NIC) == 2);

      kubelet.admit(POD, "vm", Map.of(NIC, 1));

      assertThat(plugin.preferences).hasValue(1);
      assertThat(kubelet.devicesOf(POD)).containsExactly("b");
    }
  }

  @Test
  void removesSocketsWhenItStartsAndLeavesOtherFiles() throws IOException {
    kubelet.close();
    Files.writeString(folder.resolve("kubelet_internal_checkpoint.tmp"), "");
    try (var other = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      other.bind(UnixDomainSocketAddress.of(folder.resolve("somebody.sock")));

      kubelet = StandInKubelet.start(folder, root.resolve("pr.sock"));
    }
    assertThat(folder.resolve("somebody.sock")).doesNotExist();
    assertThat(folder.resolve("kubelet_internal_checkpoint.tmp")).exists();
    assertThat(folder.resolve("kubelet.sock")).exists();
  }

  @Test
  void refusesTheSamePathTwiceAndTakesAnotherBesideIt() throws IOException {
    try (var first = new BarePlugin(folder, "p.sock").serve();
        var second = new BarePlugin(folder, "q.sock").serve()) {
      first.register(NIC);
      assertThatThrownBy(() -> first.register(NIC))
          .hasMessageContaining("device plugin already connected");

      second.register(NIC);
      awaitStream(second);
      second.list("Healthy", "a");
      await().until(() -> kubelet.allocatable(NIC) == 1);
      first.endStream();
      first.close();
      assertThat(kubelet.allocatable(NIC)).isEqualTo(1);
    }
  }

  @Test
  void aMessageReplacesTheWholeSet() throws IOException {
    try (var plugin = new BarePlugin(folder, "p.sock").serve()) {
      plugin.register(NIC);
      awaitStream(plugin);
      plugin.list("Healthy", "a", "b");
      await().until(() -> kubelet.capacity(NIC) == 2);
      plugin.list("Healthy", "c");
      await().until(() -> kubelet.healthy(NIC).equals(List.of("c")));
      plugin.list("Unhealthy", "c");
      await().until(() -> kubelet.allocatable(NIC) == 0);
      assertThat(kubelet.capacity(NIC)).isEqualTo(1);
    }
  }

  @Test
  void neverOpensAStreamAgainAndCountsItsDevicesAsUnhealthy() throws IOException {
    try (var plugin = new BarePlugin(folder, "p.sock").serve()) {
      plugin.register(NIC);
      awaitStream(plugin);
      plugin.list("Healthy", "a");
      await().until(() -> kubelet.allocatable(NIC) == 1);

      plugin.endStream();

      await().until(() -> kubelet.allocatable(NIC) == 0);
      assertThat(kubelet.capacity(NIC)).as("kept for a while").isEqualTo(1);
      assertThat(plugin.streams).hasValue(1);
      plugin.register(NIC);
      await().until(() -> plugin.streams.get() == 2);
    }
  }

  @Test
  void aMessageOfMoreThanFourMebibytesEndsTheStream() throws IOException {
    try (var plugin = new BarePlugin(folder, "p.sock").serve()) {
      plugin.register(NIC);
      awaitStream(plugin);
      plugin.list("Healthy", "a");
      await().until(() -> kubelet.allocatable(NIC) == 1);

      var many = new String[90_000];
      Arrays.setAll(many, i -> "%048d".formatted(i));
      plugin.list("Healthy", many);

      await().until(() -> kubelet.allocatable(NIC) == 0);
      assertThat(kubelet.capacity(NIC)).isEqualTo(1);
    }
  }

  @Test
  void anIdOfMoreThan63CharactersIsNotTaken() throws IOException {
    try (var plugin = new BarePlugin(folder, "p.sock").serve()) {
      plugin.register(NIC);
      awaitStream(plugin);
      plugin.list("Healthy", "x".repeat(63));
      await().until(() -> kubelet.allocatable(NIC) == 1);
      plugin.list("Healthy", "x".repeat(64));
      await().until(() -> kubelet.allocatable(NIC) == 0);
    }
  }

  @Test
  void aCapacityWithoutAPluginIsForgotten() {
    var book = new ResourceBook(Duration.ZERO);
    book.replace(
        NIC,
        List.of(
            io.vsmmu.agent.kubelet.api.deviceplugin.Device.newBuilder()
                .setID("a")
                .setHealth("Healthy")
                .build()),
        1);
    assertThat(book.capacity(NIC)).isEqualTo(1);

    book.abandon(NIC);

    assertThat(book.capacity(NIC)).isZero();
    assertThat(book.healthy(NIC)).isEmpty();
  }

  @Test
  void asksForNoPreferenceWhenAllIsNeededAndFailsAdmissionWhenItIsRefused() throws Exception {
    try (var plugin = new BarePlugin(folder, "p.sock").serve()) {
      plugin.register(NIC);
      awaitStream(plugin);
      plugin.list("Healthy", "a", "b");
      await().until(() -> kubelet.allocatable(NIC) == 2);
      plugin.refusePreferences();

      assertThatThrownBy(() -> kubelet.admit(POD, "vm", Map.of(NIC, 1)))
          .isInstanceOf(AdmissionException.class);
      kubelet.admit(POD, "vm", Map.of(NIC, 2));
      assertThat(plugin.preferences).hasValue(1);
    }
  }

  @Test
  void neverAllocatesTwiceForAContainerNotEvenAfterItsOwnRestart() throws Exception {
    try (var plugin = new BarePlugin(folder, "p.sock").serve()) {
      plugin.register(NIC);
      awaitStream(plugin);
      plugin.list("Healthy", "a");
      await().until(() -> kubelet.allocatable(NIC) == 1);
      var first = kubelet.admit(POD, "vm", Map.of(NIC, 1));
      kubelet.close();
      kubelet = StandInKubelet.start(folder, root.resolve("pr.sock"));

      assertThat(kubelet.admit(POD, "vm", Map.of(NIC, 1))).isEqualTo(first);
      assertThat(plugin.allocations).hasValue(1);
      assertThatThrownBy(() -> kubelet.admit(new PodRef("a", "b", "c"), "vm", Map.of(NIC, 1)))
          .as("a pod that comes before the plugin has registered again")
          .isInstanceOf(AdmissionException.class);
    }
  }

  private static void awaitStream(BarePlugin plugin) {
    await().until(() -> plugin.streams.get() > 0);
  }
}
