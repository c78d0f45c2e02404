package io.vsmmu.agent.allocation;

import io.vsmmu.agent.allocation.AllocationAnswer.Mount;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Writes Allocate's answer. */
final class Answers {

  private static final Path CONTAINER_FOLDER = Path.of("/run/vsmmu");

  /** Where virt-launcher looks for it, whatever KubeVirt's gates say. */
  private static final Path KUBEVIRT_SOCKET = Path.of("/var/run/kubevirt/iommufd.sock");

  private final DeviceNodes nodes;

  Answers(DeviceNodes nodes) {
    this.nodes = nodes;
  }

  AllocationAnswer of(LedgerEntry entry, List<Wanted> functions, Path handoffFolder) {
    return new AllocationAnswer(
        entry.id(),
        Map.of(
            variable(entry.resource()),
            String.join(",", entry.deviceIds()),
            "VSMMU_HANDOFF",
            CONTAINER_FOLDER.resolve(HandoffPoints.SOCKET).toString()),
        nodes.of(functions.stream().map(Wanted::function).toList(), entry.terms()),
        mounts(entry, handoffFolder));
  }

  /** Read-only: nobody plants links there for a process of root; connecting still works. */
  private static List<Mount> mounts(LedgerEntry entry, Path handoffFolder) {
    var full = new Mount(handoffFolder, CONTAINER_FOLDER, true);
    return entry.terms().kubevirtSocket()
        ? List.of(
            full,
            new Mount(handoffFolder.resolve(HandoffPoints.KUBEVIRT_SOCKET), KUBEVIRT_SOCKET, true))
        : List.of(full);
  }

  /** KubeVirt's rule: upper case, {@code /} and {@code .} become {@code _}, {@code -} stays. */
  static String variable(String resource) {
    return "PCI_RESOURCE_" + resource.toUpperCase(Locale.ROOT).replace('/', '_').replace('.', '_');
  }
}
