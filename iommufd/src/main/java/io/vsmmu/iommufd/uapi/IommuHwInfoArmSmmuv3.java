package io.vsmmu.iommufd.uapi;

import com.sun.jna.Structure;
import com.sun.jna.Structure.FieldOrder;

/** {@code struct iommu_hw_info_arm_smmuv3}: the identification registers of an SMMUv3. */
@FieldOrder({"flags", "__reserved", "idr", "iidr", "aidr"})
@SuppressWarnings("MemberName") // the kernel's names
public final class IommuHwInfoArmSmmuv3 extends Structure {

  public int flags;
  public int __reserved;

  /** IDR0 to IDR5. */
  public int[] idr = new int[6];

  public int iidr;
  public int aidr;
}
