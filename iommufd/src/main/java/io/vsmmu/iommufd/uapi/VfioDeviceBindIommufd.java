package io.vsmmu.iommufd.uapi;

import com.sun.jna.Structure.FieldOrder;
import io.vsmmu.iommufd.kernel.Ioctl;

/**
 * {@code struct vfio_device_bind_iommufd}: binds a device to a context, once per open file. Resets
 * the device.
 */
@FieldOrder({"argsz", "flags", "iommufd", "out_devid", "token_uuid_ptr"})
@SuppressWarnings("MemberName") // the kernel's names
public final class VfioDeviceBindIommufd extends Request {

  /** {@code VFIO_DEVICE_BIND_IOMMUFD}. */
  public static final Ioctl REQUEST = Ioctl.of("VFIO_DEVICE_BIND_IOMMUFD", 0x76);

  public int argsz;
  public int flags;

  /** Descriptor of the context in the calling process. */
  public int iommufd;

  /** The device's id in the context. */
  public int out_devid;

  public long token_uuid_ptr;

  public VfioDeviceBindIommufd() {
    super(REQUEST);
    argsz = size();
  }
}
