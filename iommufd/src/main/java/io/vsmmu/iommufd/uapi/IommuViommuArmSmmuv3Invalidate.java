package io.vsmmu.iommufd.uapi;

import com.sun.jna.Structure;
import com.sun.jna.Structure.FieldOrder;

/**
 * {@code struct iommu_viommu_arm_smmuv3_invalidate}: a command of the guest for the SMMU's command
 * queue.
 */
@FieldOrder({"cmd"})
@SuppressWarnings("MemberName") // the kernel's names
public final class IommuViommuArmSmmuv3Invalidate extends Structure {

  /** The command's two 64-bit words, little endian. */
  public long[] cmd = new long[2];
}
