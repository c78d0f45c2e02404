package io.vsmmu.iommufd.uapi;

import com.sun.jna.Structure.FieldOrder;
import io.vsmmu.iommufd.kernel.Ioctl;

/**
 * {@code struct vfio_device_attach_iommufd_pt}: puts a bound device behind a page table, in place
 * of the one it was behind.
 */
@FieldOrder({"argsz", "flags", "pt_id", "pasid"})
@SuppressWarnings("MemberName") // the kernel's names
public final class VfioDeviceAttachIommufdPt extends Request {

  /** {@code VFIO_DEVICE_ATTACH_IOMMUFD_PT}. */
  public static final Ioctl REQUEST = Ioctl.of("VFIO_DEVICE_ATTACH_IOMMUFD_PT", 0x77);

  public int argsz;
  public int flags;

  /** In: a page table or an address space; out: the page table in use. */
  public int pt_id;

  public int pasid;

  public VfioDeviceAttachIommufdPt() {
    super(REQUEST);
    argsz = size();
  }
}
