package io.vsmmu.iommufd.uapi;

import com.sun.jna.Structure.FieldOrder;
import io.vsmmu.iommufd.kernel.Ioctl;

/** {@code struct iommu_ioas_unmap}: removes whole mappings from an address space. */
@FieldOrder({"size", "ioas_id", "iova", "length"})
@SuppressWarnings("MemberName") // the kernel's names
public final class IommuIoasUnmap extends Request {

  /** {@code IOMMU_IOAS_UNMAP}. */
  public static final Ioctl REQUEST = Ioctl.of("IOMMU_IOAS_UNMAP", 0x86);

  public int size;
  public int ioas_id;
  public long iova;

  /** In bytes; out: how much was unmapped. */
  public long length;

  public IommuIoasUnmap() {
    super(REQUEST);
    size = size();
  }
}
