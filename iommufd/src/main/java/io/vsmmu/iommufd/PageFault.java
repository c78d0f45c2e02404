package io.vsmmu.iommufd;

import io.vsmmu.iommufd.uapi.IommuHwptPgfault;
import java.util.EnumSet;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A device asks for a page.
 *
 * @param deviceId the bound device's id in the context
 * @param pasid of whose address space; empty for requests without one
 * @param group the device's number for the requests that belong together
 * @param lastOfGroup only the last one of a group is answered, for all
 * @param access what the device wants to do
 * @param address where
 * @param length bytes that it wants; 0 when it does not say
 * @param cookie the kernel's number for the group, for {@link FaultQueue#respond}
 */
public record PageFault(
    int deviceId,
    OptionalInt pasid,
    int group,
    boolean lastOfGroup,
    Set<Access> access,
    long address,
    long length,
    int cookie) {

  /** What a device wants to do. */
  public enum Access {
    READ(IommuHwptPgfault.IOMMU_PGFAULT_PERM_READ),
    WRITE(IommuHwptPgfault.IOMMU_PGFAULT_PERM_WRITE),
    EXECUTE(IommuHwptPgfault.IOMMU_PGFAULT_PERM_EXEC),
    PRIVILEGED(IommuHwptPgfault.IOMMU_PGFAULT_PERM_PRIV);

    private final int flag;

    Access(int flag) {
      this.flag = flag;
    }
  }

  public PageFault {
    access = Set.copyOf(access);
  }

  static PageFault of(IommuHwptPgfault fault) {
    Set<Access> access = EnumSet.noneOf(Access.class);
    for (Access each : Access.values()) {
      if ((fault.perm & each.flag) != 0) {
        access.add(each);
      }
    }
    return new PageFault(
        fault.dev_id,
        (fault.flags & IommuHwptPgfault.IOMMU_PGFAULT_FLAGS_PASID_VALID) == 0
            ? OptionalInt.empty()
            : OptionalInt.of(fault.pasid),
        fault.grpid,
        (fault.flags & IommuHwptPgfault.IOMMU_PGFAULT_FLAGS_LAST_PAGE) != 0,
        access,
        fault.addr,
        Integer.toUnsignedLong(fault.length),
        fault.cookie);
  }
}
