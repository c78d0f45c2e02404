package io.vsmmu.iommufd.uapi;

import com.sun.jna.Structure.FieldOrder;
import io.vsmmu.iommufd.kernel.Ioctl;

/**
 * {@code struct iommu_hwpt_invalidate}: drops what an IOMMU caches of a guest's tables. The kernel
 * stops at the first entry that fails and tells how many were carried out before it; so it must not
 * be made again as it is.
 */
@FieldOrder({"size", "hwpt_id", "data_uptr", "data_type", "entry_len", "entry_num", "__reserved"})
@SuppressWarnings("MemberName") // the kernel's names
public final class IommuHwptInvalidate extends Request {

  /** {@code IOMMU_HWPT_INVALIDATE}. */
  public static final Ioctl REQUEST = Ioctl.notRestartable("IOMMU_HWPT_INVALIDATE", 0x8d);

  public static final int IOMMU_HWPT_INVALIDATE_DATA_VTD_S1 = 0;
  public static final int IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3 = 1;

  public int size;

  /** A vIOMMU, or a nested page table where the IOMMU has those without a vIOMMU. */
  public int hwpt_id;

  /** Address of the entries. */
  public long data_uptr;

  public int data_type;

  /** Of one entry, in bytes. */
  public int entry_len;

  /** In: how many entries; out: how many were carried out, also when one failed. */
  public int entry_num;

  public int __reserved;

  public IommuHwptInvalidate() {
    super(REQUEST);
    size = size();
  }

  /**
   * Makes room for commands of an SMMUv3.
   *
   * @param count at least 1
   * @return the commands, to be filled in before the call
   */
  public IommuViommuArmSmmuv3Invalidate[] smmuv3Commands(int count) {
    IommuViommuArmSmmuv3Invalidate first = new IommuViommuArmSmmuv3Invalidate();
    IommuViommuArmSmmuv3Invalidate[] commands =
        (IommuViommuArmSmmuv3Invalidate[]) first.toArray(count);
    data_type = IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3;
    entry_len = first.size();
    entry_num = count;
    data_uptr = addressOf(commands);
    return commands;
  }
}
