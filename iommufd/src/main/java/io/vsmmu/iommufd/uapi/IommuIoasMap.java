package io.vsmmu.iommufd.uapi;

import com.sun.jna.Structure.FieldOrder;
import io.vsmmu.iommufd.kernel.Ioctl;

/** {@code struct iommu_ioas_map}: maps memory of the calling process into an address space. */
@FieldOrder({"size", "flags", "ioas_id", "__reserved", "user_va", "length", "iova"})
@SuppressWarnings("MemberName") // the kernel's names
public final class IommuIoasMap extends Request {

  /** {@code IOMMU_IOAS_MAP}. */
  public static final Ioctl REQUEST = Ioctl.of("IOMMU_IOAS_MAP", 0x85);

  public static final int IOMMU_IOAS_MAP_FIXED_IOVA = 1;
  public static final int IOMMU_IOAS_MAP_WRITEABLE = 2;
  public static final int IOMMU_IOAS_MAP_READABLE = 4;

  public int size;

  /** {@link #IOMMU_IOAS_MAP_FIXED_IOVA} and the like. */
  public int flags;

  public int ioas_id;
  public int __reserved;

  /** Address in the calling process. */
  public long user_va;

  /** In bytes. */
  public long length;

  /** In with FIXED_IOVA, out otherwise. */
  public long iova;

  public IommuIoasMap() {
    super(REQUEST);
    size = size();
  }
}
