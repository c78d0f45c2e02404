package io.vsmmu.iommufd.uapi;

import com.sun.jna.Structure;
import com.sun.jna.Structure.FieldOrder;

/**
 * {@code struct vfio_device_info_cap_pci_atomic_comp}: the sizes of PCIe AtomicOps that the way to
 * the root bus completes.
 */
@FieldOrder({"header", "flags", "reserved"})
@SuppressWarnings("MemberName") // the kernel's names
public final class VfioDeviceInfoCapPciAtomicComp extends Structure {

  /** The capability's id. */
  public static final int VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP = 5;

  public static final int VFIO_PCI_ATOMIC_COMP32 = 1;
  public static final int VFIO_PCI_ATOMIC_COMP64 = 2;
  public static final int VFIO_PCI_ATOMIC_COMP128 = 4;

  public VfioInfoCapHeader header = new VfioInfoCapHeader();
  public int flags;
  public int reserved;
}
