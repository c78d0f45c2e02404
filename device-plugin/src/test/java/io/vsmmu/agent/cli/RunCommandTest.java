package io.vsmmu.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.iommufd.simulated.SimulatedMachine;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.simulated.SimulatedTree;
import io.vsmmu.iommufd.simulated.node.NodeFolder;
import io.vsmmu.iommufd.simulated.node.NodeServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The agent as a process. */
class RunCommandTest {

  @TempDir Path folder;

  /** As systemd and kubelet stop it: any other status would count as a failure. */
  @Test
  void isDoneWhenItIsTerminated() throws Exception {
    var place = new NodeFolder(folder.resolve("n"));
    var machine = new SimulatedMachine(SimulatedNode.small());
    var config = folder.resolve("node.yaml");
    Files.writeString(
        config, "apiVersion: vsmmu.io/v1alpha1\nkind: VSmmu\nspec: {nodeName: node-1}\n");
    try (var _ = NodeServer.start(place, machine, new SimulatedTree(place.root(), machine))) {
      var agent =
          new ProcessBuilder(
                  CommandRun.process(
                      List.of(
                          "run",
                          "--config=" + config,
                          "--simulated-node=" + place.root(),
                          "--state-dir=" + folder.resolve("state"),
                          "--handoff-dir=" + folder.resolve("handoff"),
                          "--kubelet-dir=" + folder.resolve("plugins"),
                          "--pod-resources=" + folder.resolve("pod-resources.sock"),
                          "--http-port=-1")))
              .redirectErrorStream(true)
              .start();
      try (var lines = agent.inputReader()) {
        assertThat(lines.lines().anyMatch(line -> line.contains("of node node-1 runs"))).isTrue();
        agent.destroy();
        assertThat(agent.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(agent.exitValue()).isZero();
      } finally {
        agent.destroyForcibly();
      }
    }
  }
}
