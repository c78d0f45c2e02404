package io.vsmmu.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.vsmmu.agent.TestNode;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectCommandTest {

  @TempDir Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void drawsSmmusWithTheFunctionsBehindThem() {
    var node = new TestNode(folder, SimulatedNode.small());

    assertThat(inspect(node.sys())).isZero();
    assertThat(out.toString().lines())
        .containsExactly(
            "smmu3.0x000000000c000000",
            "├─ 0000:09:00.0  8086:10d3  class 0200  group 0  numa 0  no driver",
            "└─ 0000:0a:00.0  8086:10d3  class 0200  group 1  numa 0  no driver",
            "smmu3.0x000000000d000000",
            "└─ 0000:89:00.0  8086:10d3  class 0200  group 2  numa 0  no driver");
  }

  @Test
  void writesTheTopologyAsJson() throws IOException {
    var node = new TestNode(folder, SimulatedNode.small().onVfio());

    assertThat(inspect(node.sys(), "--output", "json")).isZero();
    var json = new ObjectMapper().readTree(out.toString());
    assertThat(json.at("/functions/0/address").asText()).isEqualTo("0000:09:00.0");
    assertThat(json.at("/functions/0/vfioDevice").asText()).isEqualTo("vfio0");
    assertThat(json.at("/smmus/0/functions/1").asText()).isEqualTo("0000:0a:00.0");
  }

  @Test
  void aTreeThatIsNoSysfsIsNamed() {
    assertThat(inspect(folder.resolve("nowhere"))).isEqualTo(1);
    assertThat(err.toString())
        .startsWith("vsmmu inspect: no such file: ")
        .contains("nowhere/bus/pci/devices");
  }

  private int inspect(Path sysfs, String... more) {
    var arguments = new ArrayList<>(List.of("inspect", "--sysfs-root", sysfs.toString()));
    arguments.addAll(List.of(more));
    return Vsmmu.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments.toArray(String[]::new));
  }
}
