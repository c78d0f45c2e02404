package io.vsmmu.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.vsmmu.agent.AgentSettings.Peers;
import io.vsmmu.agent.config.InvalidConfigException;
import io.vsmmu.agent.inventory.Wish;
import io.vsmmu.agent.state.StateFolder;
import io.vsmmu.agent.status.StatusReporter;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.topology.TopologyChanges;
import io.vsmmu.standin.kubelet.PodRef;
import io.vsmmu.standin.kubelet.StandInKubelet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole agent between a file, a stand-in kubelet and a simulated node: no cluster. */
class StandaloneAgentTest {

  private static final String GPU = "vsmmu.io/gpu";
  private static final String FIRST = "0008:06:00.0";

  @TempDir Path folder;
  private TestNode node;
  private StandInKubelet kubelet;

  @BeforeEach
  void start() throws IOException {
    node = new TestNode(folder, SimulatedNode.graceLike());
    Files.createDirectories(folder.resolve("plugins"));
    kubelet = StandInKubelet.start(folder.resolve("plugins"), folder.resolve("pod-resources.sock"));
  }

  @AfterEach
  void stop() {
    kubelet.close();
  }

  @Test
  void servesWhatTheFileSaysAndFollowsIt() throws Exception {
    write("10de");
    try (var _ = NodeAgent.start(settings(), file())) {
      await().until(() -> kubelet.allocatable(GPU) == 4);
      var pod = new PodRef("default", "vm", "uid");
      assertThat(kubelet.admit(pod, "vm", Map.of(GPU, 1)).env()).isNotEmpty();

      write("15b3");
      await().until(() -> kubelet.healthy(GPU).contains("0000:03:00.1"));
      await().until(() -> "nvidia".equals(node.function("0019:06:00.0").driver()));
    }
    assertThat(node.function("0000:03:00.1").driver()).isEqualTo("vfio-pci");
  }

  @Test
  void aDeviceThatLeavesTheBusComesBack() throws Exception {
    write("10de");
    try (var _ = NodeAgent.start(settings(), file())) {
      await().until(() -> kubelet.allocatable(GPU) == 4);
      var place = node.unplug(FIRST);
      await().until(() -> kubelet.allocatable(GPU) == 3);
      node.plug(FIRST, place);
      await().until(() -> kubelet.healthy(GPU).contains(FIRST));
    }
  }

  /** Else 'vsmmu probe' beside it would reset what it serves, by the wish of an agent before it. */
  @Test
  void whoLooksAtTheNodeBesideItIsToldItsWishAndNotAnEarlierOne() throws Exception {
    var wish = node.state().resolve(NodeAgent.WISH);
    StateFolder.open(wish, Wish.class).put("wish", Wish.NONE);
    write("10de");
    try (var _ = NodeAgent.start(settings(), file())) {
      assertThat(StatusReporter.lastWish(wish).orElseThrow().resources())
          .extracting(ResourceSpec::name)
          .containsExactly(GPU);
    }
  }

  @Test
  void aSecondAgentOnTheSameStateIsRefusedAndLeavesTheFirstAlone() throws Exception {
    write("10de");
    try (var _ = NodeAgent.start(settings(), file())) {
      await().until(() -> kubelet.allocatable(GPU) == 4);
      assertThatThrownBy(() -> NodeAgent.start(settings(), file()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("another agent is at work with " + node.state());
      assertThat(kubelet.allocatable(GPU)).isEqualTo(4);
    }
  }

  @Test
  void aFileThatIsNotValidStartsNothing() throws IOException {
    Files.writeString(file(), "kind: Pod\n");

    assertThatThrownBy(() -> NodeAgent.start(settings(), file()))
        .isInstanceOf(InvalidConfigException.class);
    assertThat(node.function(FIRST).driver()).isEqualTo("nvidia");
  }

  private Path file() {
    return folder.resolve("node.yaml");
  }

  private void write(String vendor) throws IOException {
    Files.writeString(
        file(),
        """
        apiVersion: vsmmu.io/v1alpha1
        kind: VSmmu
        spec:
          nodeName: node-1
          resources:
          - name: vsmmu.io/gpu
            selectors: [{vendor: "%s"}]
        """
            .formatted(vendor));
  }

  private AgentSettings settings() throws IOException {
    return new AgentSettings(
        "node-1",
        node.kernel(),
        node.sysfs(),
        TopologyChanges.ofTree(node.sys()),
        node.dev(),
        node.proc(),
        folder.resolve("plugins"),
        folder.resolve("pod-resources.sock"),
        node.state(),
        folder.resolve("handoff"),
        Optional.empty(),
        (Integer) Files.getAttribute(folder, "unix:uid"),
        Peers.PATH,
        Optional.empty());
  }
}
