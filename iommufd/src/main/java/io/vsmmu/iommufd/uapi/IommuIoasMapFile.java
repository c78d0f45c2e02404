package io.vsmmu.iommufd.uapi;

import com.sun.jna.Structure.FieldOrder;
import io.vsmmu.iommufd.kernel.Ioctl;

/**
 * {@code struct iommu_ioas_map_file}: maps memory of a file into an address space: of a memfd, or
 * of some dma-bufs. It does not matter which process asks.
 */
@FieldOrder({"size", "flags", "ioas_id", "fd", "start", "length", "iova"})
@SuppressWarnings("MemberName") // the kernel's names
public final class IommuIoasMapFile extends Request {

  /** {@code IOMMU_IOAS_MAP_FILE}. */
  public static final Ioctl REQUEST = Ioctl.of("IOMMU_IOAS_MAP_FILE", 0x8f);

  public int size;

  /** As in {@link IommuIoasMap}. */
  public int flags;

  public int ioas_id;

  /** Descriptor of the file in the calling process. */
  public int fd;

  /** Offset in the file, in bytes. */
  public long start;

  /** In bytes. */
  public long length;

  /** In with FIXED_IOVA, out otherwise. */
  public long iova;

  public IommuIoasMapFile() {
    super(REQUEST);
    size = size();
  }
}
