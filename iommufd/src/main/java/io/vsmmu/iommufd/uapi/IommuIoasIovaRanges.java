package io.vsmmu.iommufd.uapi;

import com.sun.jna.Structure.FieldOrder;
import io.vsmmu.iommufd.kernel.Ioctl;

/**
 * {@code struct iommu_ioas_iova_ranges}: tells where an address space can be mapped. Gives EMSGSIZE
 * when there are more ranges than room, and how many there are.
 */
@FieldOrder({"size", "ioas_id", "num_iovas", "__reserved", "allowed_iovas", "out_iova_alignment"})
@SuppressWarnings("MemberName") // the kernel's names
public final class IommuIoasIovaRanges extends Request {

  /** {@code IOMMU_IOAS_IOVA_RANGES}. */
  public static final Ioctl REQUEST = Ioctl.of("IOMMU_IOAS_IOVA_RANGES", 0x84);

  public int size;
  public int ioas_id;

  /** In: room for so many ranges; out: how many there are, also with EMSGSIZE. */
  public int num_iovas;

  public int __reserved;

  /** Address of the ranges. */
  public long allowed_iovas;

  /** In bytes; the least alignment of what is mapped. */
  public long out_iova_alignment;

  public IommuIoasIovaRanges() {
    super(REQUEST);
    size = size();
  }

  /**
   * Makes room for the answer.
   *
   * @param count at least 1
   * @return where the ranges will be; those from {@link #num_iovas} on stay 0
   */
  public IommuIovaRange[] room(int count) {
    IommuIovaRange[] ranges = (IommuIovaRange[]) new IommuIovaRange().toArray(count);
    num_iovas = count;
    allowed_iovas = addressOf(ranges);
    return ranges;
  }
}
