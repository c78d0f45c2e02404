package io.vsmmu.iommufd.uapi;

import com.sun.jna.Structure;
import com.sun.jna.Structure.FieldOrder;

/** {@code struct iommu_hwpt_page_response}: the answer to a group of page requests. */
@FieldOrder({"cookie", "code"})
@SuppressWarnings("MemberName") // the kernel's names
public final class IommuHwptPageResponse extends Structure {

  /** The page is there now. */
  public static final int IOMMUFD_PAGE_RESP_SUCCESS = 0;

  /** There will be none. */
  public static final int IOMMUFD_PAGE_RESP_INVALID = 1;

  /** As in the last {@link IommuHwptPgfault} of the group. */
  public int cookie;

  public int code;
}
