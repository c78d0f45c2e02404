package io.vsmmu.iommufd.uapi;

import com.sun.jna.Structure;
import com.sun.jna.Structure.FieldOrder;

/** {@code struct iommu_vevent_arm_smmuv3}: an event record of an SMMUv3, as the guest knows it. */
@FieldOrder({"evt"})
@SuppressWarnings("MemberName") // the kernel's names
public final class IommuVeventArmSmmuv3 extends Structure {

  /** The record's four 64-bit words, little endian; its StreamID is the guest's. */
  public long[] evt = new long[4];
}
