package io.vsmmu.iommufd.uapi;

import com.sun.jna.Structure.FieldOrder;
import io.vsmmu.iommufd.kernel.Ioctl;

/** {@code struct iommu_veventq_alloc}: makes a queue of a vIOMMU's events. */
@FieldOrder({
  "size",
  "flags",
  "viommu_id",
  "type",
  "veventq_depth",
  "out_veventq_id",
  "out_veventq_fd",
  "__reserved"
})
@SuppressWarnings("MemberName") // the kernel's names
public final class IommuVeventqAlloc extends Request {

  /** {@code IOMMU_VEVENTQ_ALLOC}. */
  public static final Ioctl REQUEST = Ioctl.of("IOMMU_VEVENTQ_ALLOC", 0x93);

  public static final int IOMMU_VEVENTQ_TYPE_ARM_SMMUV3 = 1;
  public static final int IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV = 2;

  public int size;

  /** Must be 0. */
  public int flags;

  public int viommu_id;
  public int type;

  /** Most events that the queue holds; later ones are lost. */
  public int veventq_depth;

  /** The new object. */
  public int out_veventq_id;

  /** A new descriptor of the calling process that gives the events. */
  public int out_veventq_fd;

  public int __reserved;

  public IommuVeventqAlloc() {
    super(REQUEST);
    size = size();
  }
}
