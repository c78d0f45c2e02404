package io.vsmmu.iommufd.uapi;

import com.sun.jna.Structure.FieldOrder;
import io.vsmmu.iommufd.kernel.Ioctl;

/**
 * {@code struct vfio_device_detach_iommufd_pt}: takes a bound device off its page table; its DMA is
 * blocked then.
 */
@FieldOrder({"argsz", "flags", "pasid"})
@SuppressWarnings("MemberName") // the kernel's names
public final class VfioDeviceDetachIommufdPt extends Request {

  /** {@code VFIO_DEVICE_DETACH_IOMMUFD_PT}. */
  public static final Ioctl REQUEST = Ioctl.of("VFIO_DEVICE_DETACH_IOMMUFD_PT", 0x78);

  public int argsz;
  public int flags;
  public int pasid;

  public VfioDeviceDetachIommufdPt() {
    super(REQUEST);
    argsz = size();
  }
}
