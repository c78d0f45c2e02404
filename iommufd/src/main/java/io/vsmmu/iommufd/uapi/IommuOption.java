package io.vsmmu.iommufd.uapi;

import com.sun.jna.Structure.FieldOrder;
import io.vsmmu.iommufd.kernel.Ioctl;

/** {@code struct iommu_option}: reads or sets an option of the context or of an object. */
@FieldOrder({"size", "option_id", "op", "__reserved", "object_id", "val64"})
@SuppressWarnings("MemberName") // the kernel's names
public final class IommuOption extends Request {

  /** {@code IOMMU_OPTION}. */
  public static final Ioctl REQUEST = Ioctl.of("IOMMU_OPTION", 0x87);

  /** Who is charged for pinned pages: 0 the user, 1 the process. Only on an unused context. */
  public static final int IOMMU_OPTION_RLIMIT_MODE = 0;

  /** Whether an address space may use huge pages. */
  public static final int IOMMU_OPTION_HUGE_PAGES = 1;

  public static final short IOMMU_OPTION_OP_SET = 0;
  public static final short IOMMU_OPTION_OP_GET = 1;

  public int size;
  public int option_id;
  public short op;
  public short __reserved;

  /** 0 for options of the context. */
  public int object_id;

  public long val64;

  public IommuOption() {
    super(REQUEST);
    size = size();
  }
}
