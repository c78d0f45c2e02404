package io.vsmmu.iommufd.uapi;

import com.sun.jna.Structure;
import com.sun.jna.Structure.FieldOrder;

/** {@code struct iommu_iova_range}: addresses from {@link #start} to {@link #last}, inclusive. */
@FieldOrder({"start", "last"})
@SuppressWarnings("MemberName") // the kernel's names
public final class IommuIovaRange extends Structure {

  /** Unsigned. */
  public long start;

  /** Unsigned; belongs to the range. */
  public long last;
}
