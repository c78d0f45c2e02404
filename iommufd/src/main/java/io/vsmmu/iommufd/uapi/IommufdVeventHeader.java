package io.vsmmu.iommufd.uapi;

import com.sun.jna.Structure;
import com.sun.jna.Structure.FieldOrder;

/** {@code struct iommufd_vevent_header}: stands before every event of a queue. */
@FieldOrder({"flags", "sequence"})
@SuppressWarnings("MemberName") // the kernel's names
public final class IommufdVeventHeader extends Structure {

  /** Events were lost at the end of the queue; no event follows this header. */
  public static final int IOMMU_VEVENTQ_FLAG_LOST_EVENTS = 1;

  public int flags;

  /** One more than that of the event before, unless some were lost; 0 after 2^31 - 1. */
  public int sequence;
}
