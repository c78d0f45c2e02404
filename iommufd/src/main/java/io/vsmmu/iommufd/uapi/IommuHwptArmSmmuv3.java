package io.vsmmu.iommufd.uapi;

import com.sun.jna.Structure;
import com.sun.jna.Structure.FieldOrder;

/** {@code struct iommu_hwpt_arm_smmuv3}: the guest's part of a stream table entry. */
@FieldOrder({"ste"})
@SuppressWarnings("MemberName") // the kernel's names
public final class IommuHwptArmSmmuv3 extends Structure {

  /** The entry's first two 64-bit words, little endian. */
  public long[] ste = new long[2];
}
