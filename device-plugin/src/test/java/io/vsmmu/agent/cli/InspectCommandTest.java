package io.vsmmu.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.vsmmu.agent.TestNode;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InspectCommandTest {

  @TempDir Path folder;

  @Test
  void drawsSmmusWithTheFunctionsBehindThem() {
    var node = new TestNode(folder, SimulatedNode.small());

    var run = inspect(node.sys());

    assertThat(run.status()).isZero();
    assertThat(run.lines())
        .containsExactly(
            "smmu3.0x000000000c000000",
            "├─ 0000:09:00.0  8086:10d3  class 0200  group 0  numa 0  no driver",
            "└─ 0000:0a:00.0  8086:10d3  class 0200  group 1  numa 0  no driver",
            "smmu3.0x000000000d000000",
            "└─ 0000:89:00.0  8086:10d3  class 0200  group 2  numa 0  no driver");
  }

  @Test
  void drawsAlsoInAContainerWhichHasNoLocale() throws IOException {
    var node = new TestNode(folder, SimulatedNode.small());
    var command =
        new ProcessBuilder(
            CommandRun.process(List.of("inspect", "--sysfs-root", node.sys().toString())));
    command.environment().put("LC_ALL", "C");

    try (var out = command.start().inputReader(StandardCharsets.UTF_8)) {
      assertThat(out.lines()).anyMatch(line -> line.startsWith("└─ 0000:89:00.0"));
    }
  }

  @Test
  void writesTheTopologyAsJson() throws IOException {
    var node = new TestNode(folder, SimulatedNode.small().onVfio());

    var run = inspect(node.sys(), "--output", "json");

    var json = new ObjectMapper().readTree(run.out());
    assertThat(json.at("/functions/0/address").asText()).isEqualTo("0000:09:00.0");
    assertThat(json.at("/functions/0/vfioDevice").asText()).isEqualTo("vfio0");
    assertThat(json.at("/smmus/0/functions/1").asText()).isEqualTo("0000:0a:00.0");
  }

  @Test
  void writesALineForEachFunction() {
    var node = new TestNode(folder, SimulatedNode.graceLike());

    var run = inspect(node.sys(), "-o", "table");

    assertThat(run.lines()).hasSize(13);
    assertThat(run.lines().getFirst().split("\\s+"))
        .containsExactly(
            "ADDRESS", "ID", "CLASS", "SMMU", "GROUP", "NUMA", "DRIVER", "VFIO", "RESET", "SRIOV");
    assertThat(run.lines())
        .anySatisfy(line ->
            assertThat(line).matches("0000:03:00.0 +15b3:1021 .* mlx5_core +- +flr,bus +2/2"))
        .anySatisfy(line -> assertThat(line).matches("0000:03:00.1 .* of 0000:03:00.0"));
  }

  @Test
  void drawsAGraph() {
    var node = new TestNode(folder, SimulatedNode.graceLike());

    var run = inspect(node.sys(), "-o", "dot");

    assertThat(run.lines()).startsWith("digraph node {").endsWith("}");
    assertThat(run.lines())
        .contains(
            "    label=\"group 20\";",
            "  \"0000:03:00.0\" -> \"0000:03:00.1\" [style=dotted, label=\"VF\"];",
            "  \"smmu3.0x0000000011000000\" -> \"0008:06:00.0\";");
  }

  @ParameterizedTest
  @ValueSource(strings = {"tree", "table", "json", "dot", "snapshot"})
  void aSnapshotGivesEveryFormThatTheNodeGave(String form) throws IOException {
    var node = new TestNode(folder, SimulatedNode.graceLike());
    var file = folder.resolve("node.topology");
    Files.writeString(file, inspect(node.sys(), "-o", "snapshot").out());

    var run = CommandRun.of("inspect", "--snapshot", file.toString(), "-o", form);

    assertThat(run.status()).isZero();
    assertThat(run.out()).isEqualTo(inspect(node.sys(), "-o", form).out()).isNotEmpty();
  }

  @Test
  void aTreeThatIsNoSysfsIsNamed() {
    var run = inspect(folder.resolve("nowhere"));

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err())
        .startsWith("vsmmu inspect: no such file: ")
        .contains("nowhere/bus/pci/devices");
  }

  @Test
  void aFileThatIsNoSnapshotIsNamedWithTheLine() throws IOException {
    var file = folder.resolve("node.topology");
    Files.writeString(file, "kind: Pod\n");

    var run = CommandRun.of("inspect", "--snapshot", file.toString());

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).contains(file + " is no topology snapshot: line 1:");
  }

  private static CommandRun inspect(Path sysfs, String... more) {
    var arguments = new ArrayList<>(List.of("inspect", "--sysfs-root", sysfs.toString()));
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray(String[]::new));
  }
}
