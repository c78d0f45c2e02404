package io.vsmmu.iommufd.uapi;

import com.sun.jna.Structure.FieldOrder;
import io.vsmmu.iommufd.kernel.Ioctl;

/** {@code struct iommu_fault_alloc}: makes a queue of page requests for nested page tables. */
@FieldOrder({"size", "flags", "out_fault_id", "out_fault_fd"})
@SuppressWarnings("MemberName") // the kernel's names
public final class IommuFaultAlloc extends Request {

  /** {@code IOMMU_FAULT_QUEUE_ALLOC}. */
  public static final Ioctl REQUEST = Ioctl.of("IOMMU_FAULT_QUEUE_ALLOC", 0x8e);

  public int size;

  /** Must be 0. */
  public int flags;

  /** The new object. */
  public int out_fault_id;

  /** A new descriptor of the calling process: gives faults, takes responses. */
  public int out_fault_fd;

  public IommuFaultAlloc() {
    super(REQUEST);
    size = size();
  }
}
