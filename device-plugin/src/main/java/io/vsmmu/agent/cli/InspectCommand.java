package io.vsmmu.agent.cli;

import io.vsmmu.iommufd.topology.TopologySnapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows what sysfs says about the node. Changes nothing and needs no rights. */
@Command(
    name = "inspect",
    description = {
      "Shows the node's SMMUs and the PCI functions behind each, as sysfs tells them. Changes",
      "nothing and needs no rights. What sysfs lacks or garbles is shown with the function, after a",
      "'!'.",
      "",
      "A snapshot is the form for reports of bugs: it holds all that the other forms are made of,",
      "and neither serial numbers nor network addresses. Every form can be had from it later, on",
      "any machine."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {"0:shown", "1:sysfs or the snapshot cannot be read", "2:wrong usage"},
    footerHeading = "%nExamples:%n",
    footer = {
      "  vsmmu inspect                                   SMMUs and what is behind them",
      "  vsmmu inspect -o table | grep vfio-pci          what is on VFIO",
      "  vsmmu inspect -o dot | dot -Tsvg > node.svg     a drawing",
      "  vsmmu inspect -o snapshot > node.topology       to be sent",
      "  vsmmu inspect --snapshot node.topology          what was sent"
    })
final class InspectCommand implements Callable<Integer> {

  /** Forms of the output. */
  private enum Output {
    tree,
    table,
    json,
    dot,
    snapshot
  }

  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private NodeOptions node = new NodeOptions();

  @Option(
      names = "--snapshot",
      paramLabel = "FILE",
      description = "show what a snapshot holds, not this node")
  private @Nullable Path snapshotFile;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORM",
      defaultValue = "tree",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
  private Output output = Output.tree;

  @Override
  public Integer call() throws IOException {
    var snapshot =
        snapshotFile == null
            ? TopologySnapshot.take(node.sysfs().root())
            : TopologySnapshot.load(snapshotFile);
    var out = spec.commandLine().getOut();
    switch (output) {
      case tree -> new TopologyTree(snapshot.topology()).lines().forEach(out::println);
      case table -> new TopologyTable(snapshot.topology()).lines().forEach(out::println);
      case json -> out.println(JsonText.of(snapshot.topology()));
      case dot -> new TopologyGraph(snapshot.topology()).lines().forEach(out::println);
      case snapshot -> out.print(snapshot);
    }
    out.flush();
    return ExitStatus.DONE;
  }
}
