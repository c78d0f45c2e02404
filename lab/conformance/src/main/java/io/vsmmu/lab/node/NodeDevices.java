package io.vsmmu.lab.node;

import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.topology.PciFunction;
import io.vsmmu.iommufd.topology.Sysfs;
import io.vsmmu.iommufd.topology.SysfsTopology;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Devices behind SMMUs, brought onto vfio-pci. For a node that is there to be tried out: nobody is
 * asked whether a device is in use, and devices are not given back.
 */
public final class NodeDevices {
  private static final String VFIO_PCI = "vfio-pci";
  private static final Path VFIO_DEVICES = Path.of("/dev/vfio/devices");

  private final Sysfs sysfs;

  public NodeDevices(Sysfs sysfs) {
    this.sysfs = sysfs;
  }

  /**
   * Brings all devices of a model onto vfio-pci.
   *
   * @param vendor PCI vendor id
   * @param device PCI device id
   * @return those behind an SMMU, by PCI address; possibly none
   * @throws IOException when one cannot be brought there
   */
  public List<TreeDevice> onVfio(int vendor, int device) throws IOException {
    List<TreeDevice> found = new ArrayList<>();
    for (PciFunction function : SysfsTopology.read(sysfs.root()).functions()) {
      if (function.vendor() == vendor && function.device() == device && function.smmu() != null) {
        found.add(bind(function));
      }
    }
    return found;
  }

  private TreeDevice bind(PciFunction function) throws IOException {
    String address = function.address().toString();
    if (!VFIO_PCI.equals(function.driver())) {
      sysfs.write("bus/pci/devices/" + address + "/driver_override", VFIO_PCI);
      if (function.driver() != null) {
        sysfs.write("bus/pci/drivers/" + function.driver() + "/unbind", address);
      }
      sysfs.write("bus/pci/drivers_probe", address);
    }
    PciFunction now =
        SysfsTopology.readFunction(sysfs.root(), function.address())
            .orElseThrow(() -> new IOException(address + " has vanished"));
    if (now.vfioDevice() == null || now.smmu() == null) {
      throw new IOException(
          String.format(
              Locale.ROOT,
              "%s reads back as on driver %s behind SMMU %s; the kernel log says why",
              address,
              now.driver(),
              now.smmu()));
    }
    return new TreeDevice(address, VFIO_DEVICES.resolve(now.vfioDevice()), now.smmu());
  }
}
