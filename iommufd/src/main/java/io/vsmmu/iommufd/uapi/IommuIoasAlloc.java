package io.vsmmu.iommufd.uapi;

import com.sun.jna.Structure.FieldOrder;
import io.vsmmu.iommufd.kernel.Ioctl;

/** {@code struct iommu_ioas_alloc}: makes an address space. */
@FieldOrder({"size", "flags", "out_ioas_id"})
@SuppressWarnings("MemberName") // the kernel's names
public final class IommuIoasAlloc extends Request {

  /** {@code IOMMU_IOAS_ALLOC}. */
  public static final Ioctl REQUEST = Ioctl.of("IOMMU_IOAS_ALLOC", 0x81);

  public int size;

  /** Must be 0. */
  public int flags;

  /** The new object. */
  public int out_ioas_id;

  public IommuIoasAlloc() {
    super(REQUEST);
    size = size();
  }
}
