package io.vsmmu.hook.domain;

import java.util.List;

/**
 * What counts of a domain for its PCI topology. Lists are in the order of the XML.
 *
 * @param name the domain's name
 * @param arch the guest's architecture as libvirt calls it; empty when libvirt is to choose
 * @param machine machine type; empty when libvirt is to choose
 * @param controllers its PCI controllers that have an index
 * @param hostDevices the host's PCI functions that it gets
 * @param iommus every IOMMU
 * @param others addresses of PCI devices that are neither of these
 */
public record Domain(
    String name,
    String arch,
    String machine,
    List<PciController> controllers,
    List<HostDevice> hostDevices,
    List<Iommu> iommus,
    List<GuestAddress> others,
    NumaCells numa) {

  public Domain {
    controllers = List.copyOf(controllers);
    hostDevices = List.copyOf(hostDevices);
    iommus = List.copyOf(iommus);
    others = List.copyOf(others);
  }
}
