package io.vsmmu.iommufd;

import io.vsmmu.iommufd.uapi.VfioDeviceInfo;
import io.vsmmu.iommufd.uapi.VfioDeviceInfoCapPciAtomicComp;
import io.vsmmu.iommufd.uapi.VfioInfoCapHeader;
import java.util.EnumSet;
import java.util.Set;

/**
 * What VFIO says of a device.
 *
 * @param pci whether it is a PCI device
 * @param resettable whether {@link BoundDevice#reset()} can work
 * @param regions number of regions (BARs, configuration space and so on)
 * @param irqs number of kinds of interrupts
 * @param atomics sizes of PCIe AtomicOps that the way to the root completes; empty when the kernel
 *     does not tell
 */
public record DeviceInfo(
    boolean pci, boolean resettable, int regions, int irqs, Set<AtomicSize> atomics) {

  /** Operand size of AtomicOps, in bits. */
  public enum AtomicSize {
    BITS_32(VfioDeviceInfoCapPciAtomicComp.VFIO_PCI_ATOMIC_COMP32),
    BITS_64(VfioDeviceInfoCapPciAtomicComp.VFIO_PCI_ATOMIC_COMP64),
    BITS_128(VfioDeviceInfoCapPciAtomicComp.VFIO_PCI_ATOMIC_COMP128);

    private final int flag;

    AtomicSize(int flag) {
      this.flag = flag;
    }
  }

  public DeviceInfo {
    atomics = Set.copyOf(atomics);
  }

  static DeviceInfo of(VfioDeviceInfo answer) {
    return new DeviceInfo(
        (answer.flags & VfioDeviceInfo.VFIO_DEVICE_FLAGS_PCI) != 0,
        (answer.flags & VfioDeviceInfo.VFIO_DEVICE_FLAGS_RESET) != 0,
        answer.num_regions,
        answer.num_irqs,
        atomics(answer));
  }

  private static Set<AtomicSize> atomics(VfioDeviceInfo answer) {
    Set<AtomicSize> sizes = EnumSet.noneOf(AtomicSize.class);
    for (VfioInfoCapHeader header : answer.capabilities()) {
      if (header.id == VfioDeviceInfoCapPciAtomicComp.VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP) {
        VfioDeviceInfoCapPciAtomicComp capability =
            answer.capability(header, new VfioDeviceInfoCapPciAtomicComp());
        for (AtomicSize size : AtomicSize.values()) {
          if ((capability.flags & size.flag) != 0) {
            sizes.add(size);
          }
        }
      }
    }
    return sizes;
  }
}
