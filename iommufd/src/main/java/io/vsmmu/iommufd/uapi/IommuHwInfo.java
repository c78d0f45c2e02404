package io.vsmmu.iommufd.uapi;

import com.sun.jna.Structure.FieldOrder;
import io.vsmmu.iommufd.kernel.Ioctl;

/** {@code struct iommu_hw_info}: tells what the IOMMU in front of a bound device can do. */
@FieldOrder({
  "size",
  "flags",
  "dev_id",
  "data_len",
  "data_uptr",
  "out_data_type",
  "out_max_pasid_log2",
  "__reserved",
  "out_capabilities"
})
@SuppressWarnings("MemberName") // the kernel's names
public final class IommuHwInfo extends Request {

  /** {@code IOMMU_GET_HW_INFO}. */
  public static final Ioctl REQUEST = Ioctl.of("IOMMU_GET_HW_INFO", 0x8a);

  public static final int IOMMU_HW_INFO_TYPE_NONE = 0;
  public static final int IOMMU_HW_INFO_TYPE_INTEL_VTD = 1;
  public static final int IOMMU_HW_INFO_TYPE_ARM_SMMUV3 = 2;
  public static final int IOMMU_HW_INFO_TYPE_TEGRA241_CMDQV = 3;
  public static final int IOMMU_HW_INFO_TYPE_AMD = 4;

  public int size;
  public int flags;
  public int dev_id;

  /** In: room for the data in bytes; out: what the kernel has. */
  public int data_len;

  public long data_uptr;

  /** {@link #IOMMU_HW_INFO_TYPE_ARM_SMMUV3} and the like. */
  public int out_data_type;

  public byte out_max_pasid_log2;
  public byte[] __reserved = new byte[3];
  public long out_capabilities;

  public IommuHwInfo() {
    super(REQUEST);
    size = size();
  }

  /** Where the answer goes, when the IOMMU is an SMMUv3. */
  public void data(IommuHwInfoArmSmmuv3 data) {
    data_len = data.size();
    data_uptr = addressOf(data);
  }
}
