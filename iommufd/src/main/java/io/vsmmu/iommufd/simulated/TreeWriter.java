package io.vsmmu.iommufd.simulated;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes what does not change in a simulated machine's sysfs, laid out as the kernel does. */
final class TreeWriter {

  private static final String MSI_WINDOW = "0x0000000008000000 0x00000000080fffff msi\n";
  private static final String DIRECT = "0x0000000080000000 0x00000000800fffff direct\n";

  /** Bytes of the header that every function has. */
  private static final int CONFIG_HEADER = 64;

  private final Path sys;

  TreeWriter(Path sys) {
    this.sys = sys;
  }

  /** Where a device's folder is, below sysfs. */
  static Path place(SimulatedDevice device) {
    var domain = device.pciAddress().substring(0, device.pciAddress().indexOf(':'));
    return Path.of("devices", "pci" + domain + ":00", device.pciAddress());
  }

  void write(SimulatedNode node) throws IOException {
    Files.createDirectories(sys.resolve("bus/pci/devices"));
    attribute(Path.of("bus/pci/drivers_probe"), "");
    driver(SimulatedNode.VFIO_PCI);
    for (var smmu : node.smmus()) {
      link(Path.of("class/iommu"), smmu.name(), smmuPlace(smmu.name()));
    }
    for (var device : node.devices()) {
      device(device);
      virtualFunctions(node.virtualFunctions(device), device);
    }
  }

  private void virtualFunctions(int count, SimulatedDevice device) throws IOException {
    var place = place(device);
    if (count > 0) {
      attribute(place.resolve("sriov_totalvfs"), count + "\n");
      attribute(place.resolve("sriov_numvfs"), count + "\n");
    }
    var physical = device.physicalFunction();
    if (physical != null) {
      link(place, "physfn", place.resolveSibling(physical));
    }
  }

  private void device(SimulatedDevice device) throws IOException {
    var place = place(device);
    attribute(place.resolve("vendor"), "0x" + device.vendor() + "\n");
    attribute(place.resolve("device"), "0x" + device.device() + "\n");
    attribute(place.resolve("class"), "0x" + device.deviceClass() + "00\n");
    Files.write(sys.resolve(place).resolve("config"), config(device));
    attribute(place.resolve("numa_node"), device.numaNode() + "\n");
    attribute(place.resolve("driver_override"), "(null)\n");
    if (device.resettable()) {
      attribute(place.resolve("reset_method"), "flr bus\n");
    }
    link(Path.of("bus/pci/devices"), device.pciAddress(), place);
    link(place, "iommu", smmuPlace(device.smmu()));
    link(smmuPlace(device.smmu()).resolve("devices"), device.pciAddress(), place);

    var group = Path.of("kernel/iommu_groups", Integer.toString(device.group()));
    link(place, "iommu_group", group);
    link(group.resolve("devices"), device.pciAddress(), place);
    attribute(
        group.resolve("reserved_regions"),
        device.directReserved() ? DIRECT + MSI_WINDOW : MSI_WINDOW);
    var driver = device.driver();
    if (driver != null) {
      driver(driver);
    }
  }

  /**
   * The first registers of a function's config space: who made it and what it is, which a virtual
   * function does not tell.
   */
  private static byte[] config(SimulatedDevice device) {
    var header = ByteBuffer.allocate(CONFIG_HEADER).order(ByteOrder.LITTLE_ENDIAN);
    if (device.physicalFunction() != null) {
      return header.putInt(-1).array();
    }
    return header
        .putShort((short) Integer.parseInt(device.vendor(), 16))
        .putShort((short) Integer.parseInt(device.device(), 16))
        .array();
  }

  private void driver(String name) throws IOException {
    attribute(Path.of("bus/pci/drivers", name, "unbind"), "");
  }

  private static Path smmuPlace(String name) {
    return Path.of("devices/platform", name);
  }

  private void attribute(Path path, String text) throws IOException {
    var file = sys.resolve(path);
    Files.createDirectories(file.resolve("..").normalize());
    Files.writeString(file, text);
  }

  private void link(Path parent, String name, Path target) throws IOException {
    Files.createDirectories(sys.resolve(parent));
    Files.createDirectories(sys.resolve(target));
    Files.createSymbolicLink(sys.resolve(parent).resolve(name), parent.relativize(target));
  }
}
