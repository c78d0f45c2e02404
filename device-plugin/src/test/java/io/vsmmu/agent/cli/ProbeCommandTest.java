package io.vsmmu.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.vsmmu.agent.inventory.Wish;
import io.vsmmu.agent.state.StateFolder;
import io.vsmmu.agent.state.StateLock;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.iommufd.simulated.SimulatedMachine;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.simulated.SimulatedTree;
import io.vsmmu.iommufd.simulated.node.NodeFolder;
import io.vsmmu.iommufd.simulated.node.NodeServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProbeCommandTest {

  private static final SimulatedMachine.Usage NOTHING = new SimulatedMachine.Usage(0, 0, 0, 0);

  @TempDir Path temporary;
  private @Nullable NodeServer server;

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void triesEachDeviceAndEachSmmuAndLeavesNothing() throws IOException {
    var machine = start(SimulatedNode.small().onVfio());

    var run = probe();

    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(run.lines())
        .contains(
            "smmu3.0x000000000c000000  can nest",
            "smmu3.0x000000000d000000  can nest",
            "0000:09:00.0  can be bound",
            "0000:0a:00.0  can be bound",
            "0000:89:00.0  can be bound")
        .anyMatch(line -> line.contains("48-bit addresses") && line.contains(", S2FWB"));
    await().untilAsserted(() -> assertThat(machine.usage()).isEqualTo(NOTHING));
  }

  @Test
  void saysWhyAnSmmuCannotNest() throws IOException {
    start(SimulatedNode.withoutNesting().onVfio());

    var run = probe("0000:09:00.0", "-o", "json");

    assertThat(run.status()).isEqualTo(3);
    var json = new ObjectMapper().readTree(run.out());
    assertThat(json.at("/smmus/smmu3.0x000000000c000000/obstacle/reason").asText())
        .isEqualTo("NoForcedWriteBack");
    assertThat(json.at("/devices/0/probed").asBoolean()).isTrue();
  }

  @Test
  void leavesADeviceOnItsHostDriverAndSaysHowToMoveIt() throws IOException {
    start(SimulatedNode.graceLike());

    var run = probe("0008:06:00.0");

    assertThat(run.status()).isEqualTo(3);
    assertThat(run.out()).contains("not probed: NotOnVfio: 0008:06:00.0 is on nvidia");
    assertThat(probe().out()).contains("no function is on a VFIO driver");
  }

  @Test
  void leavesWhatARunningAgentServesAndShowsWhatThatFoundOut() throws IOException {
    start(SimulatedNode.small().onVfio());
    var nics = ResourceSpec.of("vsmmu.io/nic", DeviceSelector.ofVendor("8086"));
    StateFolder.open(state().resolve("wish"), Wish.class)
        .put("wish", new Wish(1, List.of(nics), false));

    try (var _ = StateLock.take(state())) {
      var run = probe("0000:09:00.0");
      assertThat(run.out()).contains("0000:09:00.0  not probed: Served: ");
      assertThat(run.status()).as("the agent has not found out anything yet").isEqualTo(3);
    }
    assertThat(probe("0000:09:00.0").out()).contains("0000:09:00.0  can be bound");
  }

  @Test
  void besideAnAgentThatFollowsAFileNothingOnVfioIsTouched() throws IOException {
    start(SimulatedNode.small().onVfio());

    try (var _ = StateLock.take(state())) {
      assertThat(probe("0000:09:00.0").out()).contains("0000:09:00.0  not probed: Served: ");
    }
  }

  @Test
  void movesADeviceOfTheHostForTheProbeAndGivesItBack() throws IOException {
    var machine = start(SimulatedNode.graceLike());
    unused();

    var run = probe("--bind", "0008:06:00.0");

    assertThat(run.err()).isEmpty();
    assertThat(run.lines()).contains("0008:06:00.0  can be bound");
    assertThat(run.lines()).anyMatch(line -> line.endsWith("  can nest"));
    assertThat(run.status()).isZero();
    assertThat(machine.driver("0008:06:00.0")).contains("nvidia");
    await().untilAsserted(() -> assertThat(machine.usage()).isEqualTo(NOTHING));
  }

  @Test
  void movesNothingThatIsNotNamedNorBesideAnAgent() throws IOException {
    var machine = start(SimulatedNode.graceLike());
    unused();

    assertThat(probe("--bind").status()).isEqualTo(2);
    try (var _ = StateLock.take(state())) {
      var run = probe("--bind", "0008:06:00.0");
      assertThat(run.status()).isEqualTo(1);
      assertThat(run.err()).contains("an agent is at work with " + state());
    }
    assertThat(machine.driver("0008:06:00.0")).contains("nvidia");
  }

  @Test
  void aFunctionThatIsNotThereIsWrongUsage() throws IOException {
    start(SimulatedNode.small());

    assertThat(probe("0000:ff:00.0").status()).isEqualTo(2);
    assertThat(probe("9:0").err()).contains("'9:0' is no PCI address; write it in full");
  }

  private SimulatedMachine start(SimulatedNode node) throws IOException {
    var machine = new SimulatedMachine(node);
    var folder = new NodeFolder(temporary.resolve("n"));
    server = NodeServer.start(folder, machine, new SimulatedTree(folder.root(), machine));
    var boot = Files.createDirectories(temporary.resolve("proc/sys/kernel/random"));
    Files.writeString(boot.resolve("boot_id"), "this boot\n");
    return machine;
  }

  /** The host uses no device. */
  private void unused() throws IOException {
    var net = Files.createDirectories(temporary.resolve("proc/1/net"));
    Files.writeString(net.resolve("route"), "Iface Destination Gateway\n");
    Files.writeString(net.resolve("if_inet6"), "");
    Files.writeString(temporary.resolve("proc/1/mountinfo"), "");
    Files.writeString(temporary.resolve("proc/swaps"), "Filename Type Size Used Priority\n");
  }

  private Path state() {
    return temporary.resolve("state");
  }

  private CommandRun probe(String... more) {
    var arguments =
        new ArrayList<>(
            List.of(
                "probe",
                "--simulated-node",
                temporary.resolve("n").toString(),
                "--proc-root",
                temporary.resolve("proc").toString(),
                "--state-dir",
                state().toString()));
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray(String[]::new));
  }
}
