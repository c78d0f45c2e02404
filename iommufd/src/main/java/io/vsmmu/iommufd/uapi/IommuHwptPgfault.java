package io.vsmmu.iommufd.uapi;

import com.sun.jna.Structure;
import com.sun.jna.Structure.FieldOrder;

/** {@code struct iommu_hwpt_pgfault}: a page request, as a fault queue's descriptor gives it. */
@FieldOrder({"flags", "dev_id", "pasid", "grpid", "perm", "__reserved", "addr", "length", "cookie"})
@SuppressWarnings("MemberName") // the kernel's names
public final class IommuHwptPgfault extends Structure {

  public static final int IOMMU_PGFAULT_FLAGS_PASID_VALID = 1;

  /** The last one of a group; it is the one to be answered. */
  public static final int IOMMU_PGFAULT_FLAGS_LAST_PAGE = 2;

  public static final int IOMMU_PGFAULT_PERM_READ = 1;
  public static final int IOMMU_PGFAULT_PERM_WRITE = 2;
  public static final int IOMMU_PGFAULT_PERM_EXEC = 4;
  public static final int IOMMU_PGFAULT_PERM_PRIV = 8;

  public int flags;
  public int dev_id;
  public int pasid;

  /** The device's number for the group. */
  public int grpid;

  public int perm;
  public int __reserved;
  public long addr;

  /** Bytes that the device means to access; 0 when it does not say. */
  public int length;

  /** The kernel's number for the group, to be given back with the response. */
  public int cookie;
}
