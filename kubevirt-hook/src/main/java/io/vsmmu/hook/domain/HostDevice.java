package io.vsmmu.hook.domain;

import io.vsmmu.iommufd.topology.PciAddress;
import org.jspecify.annotations.Nullable;

/**
 * A PCI function of the host that the guest gets: {@code <hostdev type='pci'>} or {@code <interface
 * type='hostdev'>}.
 *
 * @param host its address on the host
 * @param address its address in the guest; absent while nobody has chosen
 * @param hidden whether the guest is not to see it ({@code <address type='unassigned'/>})
 * @param iommufd whether libvirt opens it through iommufd
 */
public record HostDevice(
    PciAddress host, @Nullable GuestAddress address, boolean hidden, boolean iommufd) {

  @Override
  public String toString() {
    return "hostdev " + host;
  }
}
