package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.topology.TopologySnapshot;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * What a simulated node consists of.
 *
 * @param sharesNestingParents whether the kernel takes a nesting parent for any SMMU, as was
 *     proposed for Linux after 7.3
 * @param isolatedMsi whether interrupts of devices are checked for whose they are, as an ITS does
 *     and a GICv2 does not; without it no device can be bound to a context
 */
public record SimulatedNode(
    List<SimulatedSmmu> smmus,
    List<SimulatedDevice> devices,
    boolean sharesNestingParents,
    boolean isolatedMsi) {

  /** What VFIO's PCI driver is called in sysfs. */
  public static final String VFIO_PCI = "vfio-pci";

  public SimulatedNode {
    smmus = List.copyOf(smmus);
    devices = List.copyOf(devices);
    for (SimulatedDevice device : devices) {
      if (smmus.stream().noneMatch(smmu -> smmu.name().equals(device.smmu()))) {
        throw new IllegalArgumentException(
            device.pciAddress()
                + " is behind an SMMU that the node does not have: "
                + device.smmu());
      }
    }
  }

  /** Whether a driver is one of VFIO's: vfio-pci, or a variant such as nvgrace-gpu-vfio-pci. */
  static boolean isVfioDriver(String driver) {
    return driver.replace('_', '-').endsWith(VFIO_PCI);
  }

  /**
   * Four SMMUs with a GPU each, NICs with two virtual functions each on two of them, and a card of
   * two functions that share an iommu group on another; all on their host drivers.
   */
  public static SimulatedNode graceLike() {
    return BuiltInNodes.graceLike();
  }

  /** As {@link #small}, but the SMMUs have neither S2FWB nor CANWBS. */
  public static SimulatedNode withoutNesting() {
    return BuiltInNodes.withoutNesting();
  }

  /** Two SMMUs and three NICs, two of them behind the first; no host drivers. */
  public static SimulatedNode small() {
    return BuiltInNodes.small();
  }

  /** Four SMMUs and eight NICs on their host driver, two behind each SMMU. */
  public static SimulatedNode eightNics() {
    return BuiltInNodes.eightNics();
  }

  /**
   * A node as a snapshot saw it: its SMMUs, and its functions behind them that are no bridges. What
   * is not in sysfs is as in the built-in nodes: the SMMUs can nest, and interrupts are isolated.
   */
  public static SimulatedNode of(TopologySnapshot snapshot) {
    return SnapshotNode.of(snapshot.topology());
  }

  /** The same node with the devices changed, e.g. to put them on vfio-pci. */
  public SimulatedNode withDevices(UnaryOperator<SimulatedDevice> change) {
    return new SimulatedNode(
        smmus, devices.stream().map(change).toList(), sharesNestingParents, isolatedMsi);
  }

  /** The same node with one device more. */
  public SimulatedNode withMore(SimulatedDevice device) {
    List<SimulatedDevice> more = Stream.concat(devices.stream(), Stream.of(device)).toList();
    return new SimulatedNode(smmus, more, sharesNestingParents, isolatedMsi);
  }

  /** The same node with its SMMUs changed. */
  public SimulatedNode withSmmus(UnaryOperator<SimulatedSmmu> change) {
    return new SimulatedNode(
        smmus.stream().map(change).toList(), devices, sharesNestingParents, isolatedMsi);
  }

  /**
   * The same node with all devices on vfio-pci but those that have virtual functions, which exist
   * as long as the host driver has them only.
   */
  public SimulatedNode onVfio() {
    return withDevices(
        device -> virtualFunctions(device) == 0 ? device.withDriver(VFIO_PCI) : device);
  }

  /** The same node under a kernel that shares nesting parents between SMMUs. */
  public SimulatedNode sharing() {
    return new SimulatedNode(smmus, devices, true, isolatedMsi);
  }

  /** The same node with an interrupt controller that does not tell devices apart. */
  public SimulatedNode withoutIsolatedMsi() {
    return new SimulatedNode(smmus, devices, sharesNestingParents, false);
  }

  /** How many virtual functions a device has. */
  int virtualFunctions(SimulatedDevice device) {
    return (int)
        devices.stream()
            .filter(each -> device.pciAddress().equals(each.physicalFunction()))
            .count();
  }
}
