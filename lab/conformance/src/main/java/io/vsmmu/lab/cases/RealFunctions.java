package io.vsmmu.lab.cases;

import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.topology.IommuGroup;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.Sysfs;
import io.vsmmu.iommufd.topology.SysfsTopology;
import io.vsmmu.lab.node.NodeDevices;
import java.io.IOException;
import java.util.List;

/** Functions of this node: its e1000e cards. */
record RealFunctions(Sysfs sysfs) implements Place.Functions {
  private static final int INTEL = 0x8086;
  private static final int E1000E = 0x10d3;

  @Override
  public List<TreeDevice> onVfio() throws IOException {
    return new NodeDevices(sysfs).onVfio(INTEL, E1000E);
  }

  @Override
  public List<TreeDevice> ofTheSharedGroup() throws IOException {
    List<TreeDevice> all = onVfio();
    List<String> addresses =
        SysfsTopology.read(sysfs.root()).groups().stream()
            .map(IommuGroup::functions)
            .filter(functions -> functions.size() == 2)
            .findFirst()
            .orElseThrow(() -> new IOException("no iommu group has two functions here"))
            .stream()
            .map(PciAddress::toString)
            .toList();
    return all.stream().filter(device -> addresses.contains(device.pciAddress())).toList();
  }

  @Override
  public void giveBack(TreeDevice device) throws IOException {
    unbind(device);
    sysfs.write("bus/pci/drivers_probe", device.pciAddress());
  }

  @Override
  public void unbind(TreeDevice device) throws IOException {
    // An empty write would never reach the kernel.
    sysfs.write("bus/pci/devices/" + device.pciAddress() + "/driver_override", "\n");
    sysfs.write("bus/pci/devices/" + device.pciAddress() + "/driver/unbind", device.pciAddress());
  }
}
