package io.vsmmu.agent.cli;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import io.vsmmu.iommufd.simulated.node.NodeFolder;
import io.vsmmu.iommufd.topology.NodeTopology;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.SysfsTopology;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows what sysfs says about the node. Changes nothing and needs no rights. */
@Command(
    name = "inspect",
    description = "Shows the node's SMMUs and the PCI functions behind each, as sysfs tells them.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true)
final class InspectCommand implements Callable<Integer> {

  /** Forms of the output. */
  private enum Output {
    tree,
    json
  }

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--sysfs-root", paramLabel = "DIR", defaultValue = "/sys")
  private Path sysfsRoot = Path.of("/sys");

  @Option(
      names = "--simulated-node",
      paramLabel = "DIR",
      description = "look at the simulated node in DIR")
  private @Nullable Path simulatedNode;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORM",
      defaultValue = "tree",
      description = "${COMPLETION-CANDIDATES}")
  private Output output = Output.tree;

  @Override
  public Integer call() throws IOException {
    var simulated = simulatedNode;
    var topology =
        SysfsTopology.read(simulated == null ? sysfsRoot : new NodeFolder(simulated).sysfs());
    var out = spec.commandLine().getOut();
    switch (output) {
      case tree -> new TopologyTree(topology).lines().forEach(out::println);
      case json -> out.println(json(topology));
    }
    out.flush();
    return 0;
  }

  private static String json(NodeTopology topology) throws IOException {
    return JsonMapper.builder()
        .addModule(new SimpleModule().addSerializer(PciAddress.class, ToStringSerializer.instance))
        .enable(SerializationFeature.INDENT_OUTPUT)
        .build()
        .writeValueAsString(topology);
  }
}
