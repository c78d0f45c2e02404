package io.vsmmu.iommufd.topology;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Reads a node's topology from sysfs (Documentation/ABI/testing/sysfs-bus-pci). */
public final class SysfsTopology {

  private SysfsTopology() {}

  /**
   * Reads all PCI functions below {@code sysfsRoot} once. Functions that vanish meanwhile are left
   * out; what is missing or malformed becomes a fault of its function.
   *
   * @param sysfsRoot {@code /sys}, or a tree like it
   * @throws IOException when {@code bus/pci/devices} cannot be listed at all
   */
  public static NodeTopology read(Path sysfsRoot) throws IOException {
    return TopologySnapshot.take(sysfsRoot).topology();
  }

  /**
   * Reads one function as it is now.
   *
   * @param sysfsRoot as in {@link #read}
   * @return empty when there is no such function
   */
  public static Optional<PciFunction> readFunction(Path sysfsRoot, PciAddress address) {
    return new SysfsRecorder(sysfsRoot, SysfsFiles.REAL)
        .record(address).topology().functions().stream().findFirst();
  }
}
