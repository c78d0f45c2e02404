package io.vsmmu.agent.inventory;

import io.vsmmu.iommufd.topology.PciAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A schedulable unit: the selected functions of one isolation group. Kubelet knows it by its id.
 *
 * @param resource the extended resource that it is advertised as, {@code vsmmu.io/nic}
 * @param functions its selected functions, lowest first, never empty
 * @param smmu its physical SMMU; absent when it has none (such a device is never eligible)
 * @param iommuGroup its isolation group at present
 * @param numaNode its NUMA node, when the platform names one that has CPUs
 * @param rootPort the root port that it is below; absent for one on the root complex
 * @param state what may be done with it
 * @param reason one CamelCase word that says why it is in that state, fit for conditions
 * @param message the reason in a sentence with its cure; empty when all is well
 */
public record Device(
    String resource,
    List<PciAddress> functions,
    @Nullable String smmu,
    @Nullable Integer iommuGroup,
    @Nullable Integer numaNode,
    @Nullable PciAddress rootPort,
    DeviceState state,
    String reason,
    String message) {

  /** A device on the root complex. */
  public Device(
      String resource,
      List<PciAddress> functions,
      @Nullable String smmu,
      @Nullable Integer iommuGroup,
      @Nullable Integer numaNode,
      DeviceState state,
      String reason,
      String message) {
    this(resource, functions, smmu, iommuGroup, numaNode, null, state, reason, message);
  }

  public Device {
    functions = List.copyOf(functions);
    if (functions.isEmpty()) {
      throw new IllegalArgumentException("a device of " + resource + " has no function");
    }
  }

  /** The PCI address of the lowest selected function: its id towards kubelet. */
  public String id() {
    return functions.getFirst().toString();
  }
}
