package io.vsmmu.iommufd.uapi;

import com.sun.jna.Structure.FieldOrder;
import io.vsmmu.iommufd.kernel.Ioctl;

/**
 * {@code struct iommu_viommu_alloc}: makes a vIOMMU on a nesting parent: the part of one physical
 * IOMMU that a VM may use.
 */
@FieldOrder({
  "size",
  "flags",
  "type",
  "dev_id",
  "hwpt_id",
  "out_viommu_id",
  "data_len",
  "__reserved",
  "data_uptr"
})
@SuppressWarnings("MemberName") // the kernel's names
public final class IommuViommuAlloc extends Request {

  /** {@code IOMMU_VIOMMU_ALLOC}. */
  public static final Ioctl REQUEST = Ioctl.of("IOMMU_VIOMMU_ALLOC", 0x90);

  public static final int IOMMU_VIOMMU_TYPE_ARM_SMMUV3 = 1;
  public static final int IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV = 2;

  public int size;
  public int flags;
  public int type;

  /** A bound device behind the physical IOMMU. */
  public int dev_id;

  /** The nesting parent. */
  public int hwpt_id;

  /** The new object. */
  public int out_viommu_id;

  public int data_len;
  public int __reserved;
  public long data_uptr;

  public IommuViommuAlloc() {
    super(REQUEST);
    size = size();
  }
}
