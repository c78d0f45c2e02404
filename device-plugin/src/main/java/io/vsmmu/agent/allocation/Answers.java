package io.vsmmu.agent.allocation;

import io.vsmmu.agent.allocation.AllocationAnswer.Mount;
import io.vsmmu.iommufd.topology.PciFunction;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Writes Allocate's answer. */
final class Answers {

  private static final Path CONTAINER_FOLDER = Path.of("/run/vsmmu");

  private final DeviceNodes nodes;

  Answers(DeviceNodes nodes) {
    this.nodes = nodes;
  }

  AllocationAnswer of(LedgerEntry entry, List<PciFunction> functions, Path handoffFolder) {
    return new AllocationAnswer(
        entry.id(),
        Map.of(
            variable(entry.resource()),
            String.join(",", entry.deviceIds()),
            "VSMMU_HANDOFF",
            CONTAINER_FOLDER.resolve(HandoffPoints.SOCKET).toString()),
        nodes.of(functions, entry.terms()),
        // Read-only: nobody plants links there for a process of root; connecting still works.
        List.of(new Mount(handoffFolder, CONTAINER_FOLDER, true)));
  }

  /** KubeVirt's rule: upper case, {@code /} and {@code .} become {@code _}, {@code -} stays. */
  static String variable(String resource) {
    return "PCI_RESOURCE_" + resource.toUpperCase(Locale.ROOT).replace('/', '_').replace('.', '_');
  }
}
