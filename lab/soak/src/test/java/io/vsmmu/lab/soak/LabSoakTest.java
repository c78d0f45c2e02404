package io.vsmmu.lab.soak;

import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.agent.cli.Vsmmu;
import io.vsmmu.iommufd.simulated.SimulatedMachine;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.simulated.SimulatedTree;
import io.vsmmu.iommufd.simulated.node.NodeFolder;
import io.vsmmu.iommufd.simulated.node.NodeServer;
import io.vsmmu.iommufd.simulated.node.RemoteKernel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabSoakTest {

  /** Two devices for each resource, behind four SMMUs. */
  private static final String VSMMU =
      """
      apiVersion: vsmmu.io/v1alpha1
      kind: VSmmu
      spec:
        nodeName: simulated
        resources:
        - name: vsmmu.io/nic
          selectors: [{pciAddress: "0008:06:00.0"}, {pciAddress: "0009:06:00.0"}]
        - name: vsmmu.io/edu
          selectors: [{pciAddress: "0018:06:00.0"}, {pciAddress: "0019:06:00.0"}]
        kubevirt:
          iommufdSocket: Always
      """;

  /** Every life of a pod once; the lab's real kernel sees more. */
  private static final int CYCLES = 6;

  @Test
  void anAgentOfASimulatedNodeHoldsNoMoreAfterwards(@TempDir Path folder) throws Exception {
    var node = new NodeFolder(folder.resolve("n"));
    var machine = new SimulatedMachine(SimulatedNode.graceLike());
    Path config = Files.writeString(folder.resolve("vsmmu.yaml"), VSMMU);
    try (var _ = NodeServer.start(node, machine, new SimulatedTree(node.root(), machine))) {
      boolean same =
          LabSoak.run(
              folder.resolve("soak"),
              agent(config, folder.resolve("n")),
              new RemoteKernel(node),
              Map.of(Pods.NIC, 2, Pods.EDU, 2),
              CYCLES,
              CYCLES);

      assertThat(same).as(Files.readString(folder.resolve("soak/agent.log"))).isTrue();
    }
  }

  private static List<String> agent(Path config, Path node) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin/java").toString(),
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Xmx64m",
        "-cp",
        System.getProperty("java.class.path"),
        Vsmmu.class.getName(),
        "run",
        "--config=" + config,
        "--simulated-node=" + node);
  }
}
