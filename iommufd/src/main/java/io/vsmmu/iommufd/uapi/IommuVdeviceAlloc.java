package io.vsmmu.iommufd.uapi;

import com.sun.jna.Structure.FieldOrder;
import io.vsmmu.iommufd.kernel.Ioctl;

/**
 * {@code struct iommu_vdevice_alloc}: links a bound device to a vIOMMU under the id that the guest
 * knows it by.
 */
@FieldOrder({"size", "viommu_id", "dev_id", "out_vdevice_id", "virt_id"})
@SuppressWarnings("MemberName") // the kernel's names
public final class IommuVdeviceAlloc extends Request {

  /** {@code IOMMU_VDEVICE_ALLOC}. */
  public static final Ioctl REQUEST = Ioctl.of("IOMMU_VDEVICE_ALLOC", 0x91);

  public int size;
  public int viommu_id;
  public int dev_id;

  /** The new object. */
  public int out_vdevice_id;

  /** The virtual stream id. */
  public long virt_id;

  public IommuVdeviceAlloc() {
    super(REQUEST);
    size = size();
  }
}
