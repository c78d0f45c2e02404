package io.vsmmu.agent.cli;

import io.vsmmu.agent.NodeAgent;
import io.vsmmu.agent.allocation.AllocationLedger;
import io.vsmmu.agent.binding.Binder;
import io.vsmmu.agent.binding.DiskClaims;
import io.vsmmu.agent.config.VSmmuFile;
import io.vsmmu.agent.inventory.HostDrivers;
import io.vsmmu.agent.inventory.Plan;
import io.vsmmu.agent.inventory.Plan.Outcome;
import io.vsmmu.agent.inventory.Planner;
import io.vsmmu.agent.inventory.SmmuReports;
import io.vsmmu.agent.inventory.Wish;
import io.vsmmu.agent.status.StatusReporter;
import io.vsmmu.iommufd.topology.SysfsTopology;
import io.vsmmu.iommufd.topology.TopologySnapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The dry run. */
@Command(
    name = "plan",
    description = {
      "Shows what the agent would do with this node's devices, as a diff, and does nothing:",
      "",
      "  +  is moved to a VFIO driver and advertised",
      "  =  is advertised as it is",
      "  *  a container has it; nothing changes before that has ended",
      "  !  is not advertised; the line below says why, and what helps",
      "  -  is given back to the driver that it was taken from",
      "  ?  is not clear: a selector that selects nothing, or what sysfs does not tell",
      "",
      "Also safe beside a running agent. A VSmmu with dryRun: true shows the same in its status."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:every selected device would be advertised",
      "1:sysfs, the VSmmu or the agent's state cannot be read, or the VSmmu is not valid",
      "2:wrong usage",
      "3:there is a '!' or a '?'"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  vsmmu plan                                          what the node's VSmmu comes to",
      "  vsmmu plan --config node.yaml                       before it is applied",
      "  kubectl get vsmmu node-1 -o yaml | vsmmu plan --config -",
      "  vsmmu plan --config node.yaml --snapshot node.topology   for a node that is elsewhere"
    })
final class PlanCommand implements Callable<Integer> {

  private static final String STANDARD_INPUT = "-";

  /** Forms of the output. */
  private enum Output {
    diff,
    json
  }

  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private NodeOptions node = new NodeOptions();

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = {
        "a VSmmu in YAML or JSON, - for standard input",
        "(default: the one that the agent follows, as --state-dir remembers it)"
      })
  private @Nullable String config;

  @Option(
      names = "--snapshot",
      paramLabel = "FILE",
      description = {
        "plan for the node of a snapshot, not for this one. A snapshot tells neither which drivers",
        "are loaded nor what the host uses: that counts as no obstacle. Needs --config"
      })
  private @Nullable Path snapshot;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORM",
      defaultValue = "diff",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
  private Output output = Output.diff;

  @Override
  public Integer call() throws IOException {
    var wish = wish();
    var plan = planner().plan(wish);
    var out = spec.commandLine().getOut();
    switch (output) {
      case diff -> new PlanText(plan).lines(wish.resources()).forEach(out::println);
      case json -> out.println(JsonText.of(plan));
    }
    out.flush();
    return isClear(plan) ? ExitStatus.DONE : ExitStatus.WITH_OBSTACLES;
  }

  private static boolean isClear(Plan plan) {
    return plan.remarks().isEmpty()
        && plan.devices().stream().noneMatch(device -> device.outcome() == Outcome.REFUSE);
  }

  private Wish wish() throws IOException {
    if (config == null) {
      if (snapshot != null) {
        throw new ParameterException(spec.commandLine(), "--snapshot needs --config");
      }
      var folder = node.state(NodeAgent.WISH);
      return StatusReporter.lastWish(folder)
          .orElseThrow(() ->
              new IOException(
                  "no agent has followed a VSmmu here (nothing in %s); name one with --config"
                      .formatted(folder)));
    }
    return config.equals(STANDARD_INPUT)
        ? VSmmuFile.read("standard input", System.in).wish(0)
        : VSmmuFile.read(Path.of(config)).wish(0);
  }

  private Planner planner() throws IOException {
    if (snapshot != null) {
      return new Planner(
          TopologySnapshot.load(snapshot).topology(), Map.of(), _ -> false, HostDrivers.unknown());
    }
    var sysfs = node.sysfs();
    var boot = node.bootId();
    return new Planner(
        SysfsTopology.read(sysfs.root()),
        SmmuReports.look(node.state(NodeAgent.SMMUS), boot),
        AllocationLedger.look(node.state(NodeAgent.ALLOCATIONS), boot)::containsKey,
        HostDrivers.of(
            Binder.look(
                sysfs,
                node.proc(),
                DiskClaims.byOpening(node.dev()),
                node.state(NodeAgent.DRIVERS),
                boot)));
  }
}
