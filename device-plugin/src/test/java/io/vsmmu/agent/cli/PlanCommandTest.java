package io.vsmmu.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.vsmmu.agent.TestNode;
import io.vsmmu.agent.inventory.DeviceClaims;
import io.vsmmu.agent.inventory.Wish;
import io.vsmmu.agent.state.StateFolder;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.topology.TopologySnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlanCommandTest {

  private static final String GPU = "0008:06:00.0";
  private static final ResourceSpec GPUS =
      ResourceSpec.of("vsmmu.io/gpu", DeviceSelector.ofVendor("10de"));

  @TempDir Path folder;
  private TestNode node;

  @BeforeEach
  void devicesOnTheirHostDrivers() {
    node = new TestNode(folder, SimulatedNode.graceLike());
  }

  @Test
  void isADiffOfWhatWouldBeDone() throws IOException {
    var run =
        plan(
            "--config",
            config(
                """
                - name: vsmmu.io/gpu
                  selectors: [{vendor: "10de"}]
                - name: vsmmu.io/nic
                  selectors: [{vendor: "15b3"}, {vendor: "beef"}]
                - name: vsmmu.io/card
                  selectors: [{vendor: "8086"}]
                """));

    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isEqualTo(3);
    assertThat(run.lines())
        .contains(
            "vsmmu.io/gpu: 4 advertised",
            "+ 0008:06:00.0  nvidia -> vfio-pci  smmu3.0x0000000011000000",
            "vsmmu.io/nic: 4 advertised, 2 not",
            "! 0000:03:00.0  mlx5_core  smmu3.0x0000000011000000",
            "+ 0000:03:00.1  mlx5_core -> vfio-pci  smmu3.0x0000000011000000",
            "vsmmu.io/card: 1 advertised",
            "+ 0001:01:00.0  igb -> vfio-pci  smmu3.0x0000000012000000",
            "  with 0001:01:00.1  igb -> vfio-pci",
            "? vsmmu.io/nic selects no device of this node with {vendor: beef}")
        .anyMatch(line ->
            line.startsWith("    VirtualFunctionsEnabled: 0000:03:00.0 is left on mlx5_core"));
    assertThat(node.function(GPU).driver()).isEqualTo("nvidia");
    assertThat(node.state()).doesNotExist();
  }

  @Test
  void besideAnAgentItIsAboutWhatThatFollowsAndHasBound() throws IOException {
    var claims = new DeviceClaims();
    try (var inventory = node.inventory(claims)) {
      inventory.wish(new Wish(1, List.of(GPUS), false));
      await().until(() -> inventory.report().wish().generation() == 1);
      StateFolder.open(node.state().resolve("wish"), Wish.class)
          .put("wish", new Wish(1, List.of(GPUS), false));

      var followed = plan();
      assertThat(followed.status()).isZero();
      assertThat(followed.lines())
          .contains(
              "vsmmu.io/gpu: 4 advertised", "= 0008:06:00.0  vfio-pci  smmu3.0x0000000011000000");

      var other =
          plan(
              "--config",
              config("- name: vsmmu.io/card\n  selectors: [{vendor: \"8086\"}]\n"),
              "-o",
              "json");
      var json = new ObjectMapper().readTree(other.out());
      assertThat(json.at("/returns/0/function").asText()).isEqualTo(GPU);
      assertThat(json.at("/returns/0/to").asText()).isEqualTo("nvidia");
      assertThat(json.at("/devices/0/outcome").asText()).isEqualTo("ADVERTISE");
    }
    assertThat(node.function(GPU).driver()).isEqualTo("vfio-pci");
  }

  @Test
  void forANodeThatIsElsewhereASnapshotWillDo() throws IOException {
    var snapshot = folder.resolve("node.topology");
    TopologySnapshot.take(node.sys()).save(snapshot);

    var run =
        CommandRun.of(
            "plan",
            "--snapshot",
            snapshot.toString(),
            "--config",
            config("- name: vsmmu.io/gpu\n  selectors: [{vendor: \"10de\"}]\n"));

    assertThat(run.status()).isZero();
    assertThat(run.lines()).contains("vsmmu.io/gpu: 4 advertised");
  }

  @Test
  void withoutAVSmmuItSaysHowToNameOne() {
    var run = plan();

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).contains("no agent has followed a VSmmu here").contains("--config");
    assertThat(CommandRun.of("plan", "--snapshot", "x").status()).isEqualTo(2);
  }

  @Test
  void aFileThatIsNotValidIsToldWithTheField() throws IOException {
    var run = plan("--config", config("- name: nic\n  selectors: [{vendor: \"8086\"}]\n"));

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).contains("spec.resources[0].name is 'nic'");
  }

  private String config(String resources) throws IOException {
    var file = folder.resolve("node.yaml");
    Files.writeString(
        file,
        "apiVersion: vsmmu.io/v1alpha1\nkind: VSmmu\nspec:\n  nodeName: node-1\n  resources:\n"
            + resources.indent(2));
    return file.toString();
  }

  private CommandRun plan(String... more) {
    var arguments =
        new ArrayList<>(
            List.of(
                "plan",
                "--sysfs-root",
                node.sys().toString(),
                "--proc-root",
                node.proc().toString(),
                "--state-dir",
                node.state().toString()));
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray(String[]::new));
  }
}
