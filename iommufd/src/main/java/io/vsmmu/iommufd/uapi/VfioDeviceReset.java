package io.vsmmu.iommufd.uapi;

import io.vsmmu.iommufd.kernel.Descriptor;
import io.vsmmu.iommufd.kernel.Ioctl;

/** {@code VFIO_DEVICE_RESET}: resets a bound device. Has no argument. */
public final class VfioDeviceReset {

  /** {@code VFIO_DEVICE_RESET}. */
  public static final Ioctl REQUEST = Ioctl.of("VFIO_DEVICE_RESET", 0x6f);

  private VfioDeviceReset() {}

  /**
   * Makes the request.
   *
   * @throws io.vsmmu.iommufd.kernel.KernelException what the kernel answers
   */
  public static void call(Descriptor device) {
    device.ioctl(REQUEST, null);
  }
}
