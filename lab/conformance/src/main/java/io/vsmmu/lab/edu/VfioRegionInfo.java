package io.vsmmu.lab.edu;

import com.sun.jna.Structure.FieldOrder;
import io.vsmmu.iommufd.kernel.Ioctl;
import io.vsmmu.iommufd.uapi.Request;

/** {@code struct vfio_region_info}: where a region of a device is in its file. */
@FieldOrder({"argsz", "flags", "index", "cap_offset", "size", "offset"})
@SuppressWarnings("MemberName") // the kernel's names
public final class VfioRegionInfo extends Request {

  /** {@code VFIO_DEVICE_GET_REGION_INFO}. */
  public static final Ioctl REQUEST = Ioctl.of("VFIO_DEVICE_GET_REGION_INFO", 0x6c);

  public static final int VFIO_PCI_BAR0_REGION_INDEX = 0;
  public static final int VFIO_PCI_CONFIG_REGION_INDEX = 7;

  public int argsz;
  public int flags;
  public int index;
  public int cap_offset;

  /** In bytes. */
  public long size;

  /** Of the region's first byte in the device's file. */
  public long offset;

  public VfioRegionInfo() {
    super(REQUEST);
    argsz = size();
  }
}
