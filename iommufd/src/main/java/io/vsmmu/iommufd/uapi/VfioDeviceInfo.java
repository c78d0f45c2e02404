package io.vsmmu.iommufd.uapi;

import com.sun.jna.Structure.FieldOrder;
import io.vsmmu.iommufd.kernel.Ioctl;

/** {@code struct vfio_device_info}: what a device has. */
@FieldOrder({"argsz", "flags", "num_regions", "num_irqs", "cap_offset", "pad"})
@SuppressWarnings("MemberName") // the kernel's names
public final class VfioDeviceInfo extends Request {

  /** {@code VFIO_DEVICE_GET_INFO}. */
  public static final Ioctl REQUEST = Ioctl.of("VFIO_DEVICE_GET_INFO", 0x6b);

  public static final int VFIO_DEVICE_FLAGS_RESET = 1;
  public static final int VFIO_DEVICE_FLAGS_PCI = 2;

  public int argsz;
  public int flags;
  public int num_regions;
  public int num_irqs;
  public int cap_offset;
  public int pad;

  public VfioDeviceInfo() {
    super(REQUEST);
    argsz = size();
  }
}
