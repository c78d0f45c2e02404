package io.vsmmu.iommufd.uapi;

import com.sun.jna.Structure.FieldOrder;
import io.vsmmu.iommufd.kernel.Ioctl;

/**
 * {@code struct iommu_hwpt_alloc}: makes a page table: a nesting parent on an address space, or a
 * nested one on a vIOMMU.
 */
@FieldOrder({
  "size",
  "flags",
  "dev_id",
  "pt_id",
  "out_hwpt_id",
  "__reserved",
  "data_type",
  "data_len",
  "data_uptr",
  "fault_id",
  "__reserved2"
})
@SuppressWarnings("MemberName") // the kernel's names
public final class IommuHwptAlloc extends Request {

  /** {@code IOMMU_HWPT_ALLOC}. */
  public static final Ioctl REQUEST = Ioctl.of("IOMMU_HWPT_ALLOC", 0x89);

  public static final int IOMMU_HWPT_ALLOC_NEST_PARENT = 1;
  public static final int IOMMU_HWPT_ALLOC_DIRTY_TRACKING = 2;

  /** {@link #fault_id} is set. */
  public static final int IOMMU_HWPT_FAULT_ID_VALID = 4;

  public static final int IOMMU_HWPT_ALLOC_PASID = 8;

  public static final int IOMMU_HWPT_DATA_NONE = 0;
  public static final int IOMMU_HWPT_DATA_ARM_SMMUV3 = 2;

  public int size;
  public int flags;

  /** A bound device behind the IOMMU that the page table is for. */
  public int dev_id;

  /** An address space, a nesting parent or a vIOMMU. */
  public int pt_id;

  /** The new object. */
  public int out_hwpt_id;

  public int __reserved;
  public int data_type;

  /** In bytes. */
  public int data_len;

  /** Address of the data. */
  public long data_uptr;

  /** A fault queue, with {@link #IOMMU_HWPT_FAULT_ID_VALID}. */
  public int fault_id;

  public int __reserved2;

  public IommuHwptAlloc() {
    super(REQUEST);
    size = size();
  }

  /** Makes the page table a nested one of an SMMUv3. */
  public void data(IommuHwptArmSmmuv3 data) {
    data_type = IOMMU_HWPT_DATA_ARM_SMMUV3;
    data_len = data.size();
    data_uptr = addressOf(data);
  }
}
