package io.vsmmu.iommufd.uapi;

import com.sun.jna.Structure.FieldOrder;
import io.vsmmu.iommufd.kernel.Ioctl;

/** {@code struct iommu_destroy}: destroys an object by its id. */
@FieldOrder({"size", "id"})
@SuppressWarnings("MemberName") // the kernel's names
public final class IommuDestroy extends Request {

  /** {@code IOMMU_DESTROY}. */
  public static final Ioctl REQUEST = Ioctl.of("IOMMU_DESTROY", 0x80);

  public int size;

  /** The object. */
  public int id;

  public IommuDestroy() {
    super(REQUEST);
    size = size();
  }
}
