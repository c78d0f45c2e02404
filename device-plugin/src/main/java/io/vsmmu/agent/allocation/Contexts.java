package io.vsmmu.agent.allocation;

import io.vsmmu.agent.inventory.NodeInventory;
import io.vsmmu.agent.probe.ConfigSpace;
import io.vsmmu.iommufd.IommuException;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.PciFunction;
import io.vsmmu.iommufd.topology.SysfsTopology;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Makes contexts from what sysfs shows at the moment: VFIO node names do not last. */
final class Contexts {

  private final Kernel kernel;
  private final Path sysfs;
  private final DeviceNodes nodes;
  private final NodeInventory inventory;

  Contexts(Surroundings surroundings, DeviceNodes nodes) {
    this.kernel = surroundings.kernel();
    this.sysfs = surroundings.sysfs();
    this.inventory = surroundings.inventory();
    this.nodes = nodes;
  }

  /**
   * The functions as they are now.
   *
   * @throws AllocationException when one is gone or on no VFIO driver
   */
  List<Wanted> functions(List<PciAddress> addresses, Terms terms) throws AllocationException {
    var functions = new ArrayList<Wanted>();
    for (var address : addresses) {
      functions.add(new Wanted(function(address), terms));
    }
    return functions;
  }

  private PciFunction function(PciAddress address) throws AllocationException {
    var function =
        SysfsTopology.readFunction(sysfs, address)
            .orElseThrow(() -> new AllocationException(address + " is gone from the PCI bus"));
    if (!function.onVfio() || function.smmu() == null) {
      throw new AllocationException(
          "%s is on %s, not on a VFIO driver behind an SMMU; see the VSmmu's status"
              .formatted(address, function.driver() == null ? "no driver" : function.driver()));
    }
    return function;
  }

  /**
   * Prepares a context for functions that are free.
   *
   * @throws AllocationException when the kernel refuses, or a function does not answer after its
   *     reset; then nothing is left
   */
  PreparedContext prepare(List<Wanted> wanted) throws AllocationException {
    var smmus = inventory.report().smmus();
    PreparedContext context;
    try {
      context =
          PreparedContext.build(
              kernel,
              () -> SysfsTopology.read(sysfs),
              nodes,
              wanted,
              smmu -> {
                var report = smmus.get(smmu);
                // Not asked yet: try, the kernel will tell.
                return report == null || report.nesting();
              });
    } catch (IommuException e) {
      // Not to be offered, to one pod after the other, before it can be bound again.
      inventory.doubt(meantBy(e, wanted));
      throw refused(wanted, e);
    }
    requireAnswers(wanted, context);
    return context;
  }

  /**
   * One context for allocations that one container has.
   *
   * @param proposals what was prepared for them; this method owns them: the result is one of them,
   *     completed, or a new one, and the others are closed
   * @throws AllocationException as {@link #prepare}
   */
  PreparedContext unite(
      List<PreparedContext> proposals, List<LiveAllocation> parts, HandoffProtocol protocol)
      throws AllocationException {
    var left = new ArrayList<>(proposals);
    try {
      var wanted = new ArrayList<Wanted>();
      for (var part : parts) {
        var terms = part.entry().terms();
        wanted.addAll(
            functions(
                part.functions(), protocol == HandoffProtocol.FULL ? terms : terms.unbound()));
      }
      var base = left.stream().filter(proposal -> proposal.canBecome(wanted)).findFirst();
      for (var proposal : proposals) {
        if (base.isEmpty() || proposal != base.get()) {
          left.remove(proposal);
          LiveAllocation.closeQuietly(proposal);
        }
      }
      if (base.isEmpty()) {
        return prepare(wanted);
      }
      try {
        base.get().complete(wanted);
      } catch (IommuException e) {
        throw refused(wanted, e);
      }
      left.remove(base.get());
      requireAnswers(wanted, base.get());
      return base.get();
    } finally {
      left.forEach(LiveAllocation::closeQuietly);
    }
  }

  /** Each function was reset when it was bound; one that does not come back reads as all ones. */
  private void requireAnswers(List<Wanted> wanted, PreparedContext context)
      throws AllocationException {
    for (var each : wanted) {
      var silent = ConfigSpace.silence(sysfs, each.function().address());
      if (silent.isPresent()) {
        LiveAllocation.closeQuietly(context);
        inventory.doubt(List.of(each.function().address()));
        throw new AllocationException(silent.get().message());
      }
    }
  }

  private List<PciAddress> meantBy(IommuException e, List<Wanted> wanted) {
    return wanted.stream()
        .filter(each ->
            e.object().equals(each.address())
                || e.object().equals(nodes.cdev(each.function()).toString()))
        .map(each -> each.function().address())
        .toList();
  }

  private static AllocationException refused(List<Wanted> wanted, IommuException e) {
    return new AllocationException(
        "no context can be prepared for %s: %s"
            .formatted(wanted.stream().map(Wanted::address).toList(), e.getMessage()),
        e);
  }
}
