package io.vsmmu.agent.cli;

import io.vsmmu.agent.NodeAgent;
import io.vsmmu.agent.allocation.AllocationLedger;
import io.vsmmu.agent.binding.Binder;
import io.vsmmu.agent.binding.BindingException;
import io.vsmmu.agent.binding.DiskClaims;
import io.vsmmu.agent.cli.Findings.Probed;
import io.vsmmu.agent.inventory.HostDrivers;
import io.vsmmu.agent.inventory.Plan.DriverChange;
import io.vsmmu.agent.inventory.Planner;
import io.vsmmu.agent.inventory.SmmuReports;
import io.vsmmu.agent.probe.Obstacle;
import io.vsmmu.agent.probe.ProbeResult;
import io.vsmmu.agent.probe.Prober;
import io.vsmmu.agent.probe.SmmuReport;
import io.vsmmu.agent.state.StateLock;
import io.vsmmu.agent.status.StatusReporter;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.iommufd.topology.NodeTopology;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.PciFunction;
import io.vsmmu.iommufd.topology.SysfsTopology;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Asks the kernel what it would do for a VM, on devices that nobody has. */
@Command(
    name = "probe",
    description = {
      "Tries what a VM will need on devices that are on a VFIO driver: binds each to an iommufd",
      "context of its own and, once per SMMU, reads the SMMU's registers and makes a nesting parent,",
      "a vIOMMU and its two proxies. All of it is gone afterwards; each device is reset.",
      "",
      "A device that a container has is never touched. Nor is one that a running agent serves, which",
      "might be allocated at any moment: what the agent found out about its SMMU is shown instead.",
      "",
      "With --bind a device that is on a driver of the host is brought onto vfio-pci for the probe, and",
      "given back to its driver afterwards; one that the host uses is left alone."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:every SMMU that was asked about can nest, every device could be bound",
      "1:sysfs or the agent's state cannot be read",
      "2:wrong usage, or no such device",
      "3:something cannot be used, or there was nothing to probe; the output says why"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  vsmmu probe                     all devices that are on a VFIO driver",
      "  vsmmu probe 0000:09:00.0        this one",
      "  vsmmu probe --bind 0000:09:00.0 this one, though it is on a driver of the host"
    })
final class ProbeCommand implements Callable<Integer> {

  /** Forms of the output. */
  private enum Output {
    text,
    json
  }

  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private NodeOptions node = new NodeOptions();

  @Parameters(
      paramLabel = "ADDRESS",
      arity = "0..*",
      description = "PCI address in full (default: every function on a VFIO driver)")
  private List<String> addresses = new ArrayList<>();

  @Option(
      names = "--bind",
      description = {
        "bring the devices named onto vfio-pci for the probe and back to their drivers after it;",
        "not while an agent runs, for that moves devices itself. Writes to --state-dir, so that an",
        "agent gives back what this command was killed with"
      })
  private boolean bind;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORM",
      defaultValue = "text",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
  private Output output = Output.text;

  @Override
  public Integer call() throws IOException {
    var topology = SysfsTopology.read(node.sysfs().root());
    var functions = functions(topology);
    var findings = bind ? probeBinding(topology, functions) : probe(topology, functions, null);
    var out = spec.commandLine().getOut();
    switch (output) {
      case text -> findings.lines().forEach(out::println);
      case json -> out.println(JsonText.of(findings));
    }
    out.flush();
    return findings.areClear() ? ExitStatus.DONE : ExitStatus.WITH_OBSTACLES;
  }

  private List<PciFunction> functions(NodeTopology topology) {
    if (addresses.isEmpty()) {
      return topology.functions().stream().filter(PciFunction::onVfio).toList();
    }
    return addresses.stream().map(address -> function(topology, address)).toList();
  }

  private PciFunction function(NodeTopology topology, String text) {
    PciAddress address;
    try {
      address = PciAddress.parse(text);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
    return topology
        .function(address)
        .orElseThrow(() ->
            new ParameterException(
                spec.commandLine(),
                "there is no function %s; vsmmu inspect lists them".formatted(address)));
  }

  private Findings probeBinding(NodeTopology topology, List<PciFunction> functions)
      throws IOException {
    if (addresses.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "--bind takes devices from their drivers: name them");
    }
    if (StateLock.isTaken(node.state())) {
      throw new IOException(
          ("--bind: an agent is at work with %s, and moves devices itself: select them in its VSmmu,"
                  + " or stop it")
              .formatted(node.state()));
    }
    try (var _ = StateLock.take(node.state())) {
      var binder =
          Binder.open(
              node.sysfs(),
              node.proc(),
              DiskClaims.byOpening(node.dev()),
              node.state(NodeAgent.DRIVERS),
              node.bootId());
      return probe(topology, functions, binder);
    }
  }

  /**
   * @param binder brings functions onto VFIO for a moment; absent when they stay where they are
   */
  private Findings probe(
      NodeTopology topology, List<PciFunction> functions, @Nullable Binder binder)
      throws IOException {
    var boot = node.bootId();
    var allocated = AllocationLedger.look(node.state(NodeAgent.ALLOCATIONS), boot);
    // Who may move devices is the agent himself.
    var served = binder == null ? servedByAgent(topology, allocated) : Set.<PciAddress>of();
    var agents = SmmuReports.look(node.state(NodeAgent.SMMUS), boot);
    var prober = new Prober(node.kernel(), node.dev(), node.sysfs().root());
    var smmus = new LinkedHashMap<String, SmmuReport>();
    var devices = new ArrayList<Probed>();
    for (var function : functions) {
      var reason = untouched(function, allocated, served, binder != null);
      if (reason != null) {
        var report = function.smmu() == null ? null : agents.get(function.smmu());
        if (report != null) {
          smmus.putIfAbsent(report.smmu(), report);
        }
        devices.add(new Probed(function.address(), function.smmu(), false, reason));
        continue;
      }
      boolean withSmmu = !smmus.containsKey(function.smmu());
      var result =
          binder == null || function.onVfio()
              ? prober.probe(function, withSmmu)
              : probeBound(binder, prober, function, withSmmu);
      if (result.smmu() != null) {
        smmus.put(result.smmu().smmu(), result.smmu());
      }
      devices.add(new Probed(function.address(), function.smmu(), true, result.obstacle()));
    }
    return new Findings(smmus, devices);
  }

  /** A function of the host, on VFIO for no longer than the probe takes. */
  private ProbeResult probeBound(
      Binder binder, Prober prober, PciFunction function, boolean withSmmu) {
    var address = function.address();
    try {
      binder.bind(function, ResourceSpec.DEFAULT_DRIVER);
      try {
        return SysfsTopology.readFunction(node.sysfs().root(), address)
            .filter(PciFunction::onVfio)
            .map(bound -> prober.probe(bound, withSmmu))
            .orElseGet(() ->
                new ProbeResult(
                    new Obstacle(
                        "NotOnVfio", address + " has no VFIO device though it was bound to one"),
                    null));
      } finally {
        binder.giveBack(address);
      }
    } catch (BindingException e) {
      return new ProbeResult(new Obstacle(e.reason(), String.valueOf(e.getMessage())), null);
    }
  }

  /** The functions that an agent may give to a container at any moment. */
  private Set<PciAddress> servedByAgent(NodeTopology topology, Map<PciAddress, String> allocated)
      throws IOException {
    if (!StateLock.isTaken(node.state())) {
      return Set.of();
    }
    var wish = StatusReporter.lastWish(node.state(NodeAgent.WISH));
    if (wish.isEmpty()) {
      // One that has only just started, or could not write it down.
      return topology.functions().stream()
          .filter(PciFunction::onVfio)
          .map(PciFunction::address)
          .collect(Collectors.toSet());
    }
    return new Planner(topology, Map.of(), allocated::containsKey, HostDrivers.unknown())
        .plan(wish.get()).devices().stream()
            .flatMap(device -> device.functions().stream())
            .map(DriverChange::function)
            .collect(Collectors.toSet());
  }

  private static @Nullable Obstacle untouched(
      PciFunction function,
      Map<PciAddress, String> allocated,
      Set<PciAddress> served,
      boolean mayMove) {
    var address = function.address();
    if (allocated.containsKey(address)) {
      return new Obstacle(
          "Allocated", "a container has it (allocation %s)".formatted(allocated.get(address)));
    }
    if (served.contains(address)) {
      return new Obstacle("Served", "the running agent serves it, and has probed its SMMU");
    }
    if (function.bridge()) {
      return new Obstacle("Bridge", "%s is a bridge, which stays with the host".formatted(address));
    }
    if (!function.onVfio() && !mayMove) {
      return new Obstacle(
          "NotOnVfio",
          ("%s is on %s; let this command move it for the probe: vsmmu probe --bind %s, or bring it"
                  + " onto a VFIO driver: driverctl --nosave set-override %s vfio-pci")
              .formatted(
                  address,
                  function.driver() == null ? "no driver" : function.driver(),
                  address,
                  address));
    }
    return function.smmu() == null
        ? new Obstacle(
            "NoIommu",
            "%s is behind no IOMMU; enable the SMMU in firmware and kernel".formatted(address))
        : null;
  }
}
