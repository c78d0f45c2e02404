package io.vsmmu.iommufd.uapi;

import com.sun.jna.Pointer;
import com.sun.jna.Structure;
import com.sun.jna.Structure.FieldOrder;

/** {@code struct vfio_info_cap_header}: stands before a capability in the answer to GET_INFO. */
@FieldOrder({"id", "version", "next"})
@SuppressWarnings("MemberName") // the kernel's names
public final class VfioInfoCapHeader extends Structure {

  public short id;
  public short version;

  /** Offset of the next one from the start of the answer; 0 in the last one. */
  public int next;

  public VfioInfoCapHeader() {}

  /** One that is there already. */
  VfioInfoCapHeader(Pointer memory) {
    super(memory);
  }
}
