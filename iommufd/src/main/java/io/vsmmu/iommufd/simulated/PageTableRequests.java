package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.simulated.KernelObject.AddressSpace;
import io.vsmmu.iommufd.simulated.KernelObject.Device;
import io.vsmmu.iommufd.simulated.KernelObject.FaultQueue;
import io.vsmmu.iommufd.simulated.KernelObject.Nested;
import io.vsmmu.iommufd.simulated.KernelObject.Paging;
import io.vsmmu.iommufd.simulated.KernelObject.Viommu;
import io.vsmmu.iommufd.uapi.IommuHwptAlloc;
import org.jspecify.annotations.Nullable;

/** Page tables on address spaces and nested ones on vIOMMUs. */
final class PageTableRequests {
  private static final int NEST_PARENT = IommuHwptAlloc.IOMMU_HWPT_ALLOC_NEST_PARENT;
  private static final int DIRTY = IommuHwptAlloc.IOMMU_HWPT_ALLOC_DIRTY_TRACKING;
  private static final int FAULT = IommuHwptAlloc.IOMMU_HWPT_FAULT_ID_VALID;
  private static final int PASID = IommuHwptAlloc.IOMMU_HWPT_ALLOC_PASID;

  private final boolean sharesNestingParents;

  PageTableRequests(boolean sharesNestingParents) {
    this.sharesNestingParents = sharesNestingParents;
  }

  void allocate(IommuCall<IommuHwptAlloc> call) {
    IommuHwptAlloc request = call.request();
    Context context = call.context();
    Fail.when(request.__reserved != 0, Errno.EOPNOTSUPP, "reserved field");
    Fail.when(
        (request.data_type == IommuHwptAlloc.IOMMU_HWPT_DATA_NONE) != (request.data_len == 0),
        Errno.EINVAL,
        "data without type or type without data");
    Device device = context.get(request.dev_id, Device.class);
    KernelObject on =
        context
            .find(request.pt_id)
            .orElseThrow(() -> Fail.with(Errno.EINVAL, "no object " + request.pt_id));
    KernelObject made =
        switch (on) {
          case AddressSpace ioas -> allocatePaging(context, ioas, device, request);
          case Viommu viommu -> allocateNested(call, viommu, device);
          // SMMUv3 has no nested page tables without a vIOMMU.
          case Paging parent -> throw Fail.with(Errno.EOPNOTSUPP, "no vIOMMU on " + parent.id());
          default -> throw Fail.with(Errno.EINVAL, "nothing can be on object " + on.id());
        };
    request.out_hwpt_id = made.id();
    call.made(made);
  }

  private Paging allocatePaging(
      Context context, AddressSpace ioas, Device device, IommuHwptAlloc request) {
    SmmuState smmu = device.function().smmu();
    int flags = request.flags;
    boolean nestParent = (flags & NEST_PARENT) != 0;
    Fail.when(
        (flags & ~(NEST_PARENT | DIRTY | FAULT | PASID)) != 0, Errno.EOPNOTSUPP, "flags " + flags);
    Fail.when(
        (flags & DIRTY) != 0 && !smmu.smmu().tracksDirtyPages(),
        Errno.EOPNOTSUPP,
        "SMMU that does not track dirty pages");
    Fail.when(request.data_len != 0, Errno.EOPNOTSUPP, "data for a paging page table");
    Fail.when(
        nestParent && flags != NEST_PARENT,
        Errno.EOPNOTSUPP,
        "nesting parent that tracks dirty pages, or takes faults or PASIDs");
    Fail.when(
        nestParent && !smmu.smmu().bothStages(), Errno.EOPNOTSUPP, "SMMU with one stage only");
    Fail.when(
        (flags & (DIRTY | PASID)) != 0 && !smmu.smmu().hasStage1(),
        Errno.EOPNOTSUPP,
        "SMMU without stage 1");
    FaultQueue _ = faults(context, request);
    return context.add(
        id -> new Paging(id, ioas, smmu, nestParent, false, nestParent && sharesNestingParents));
  }

  private static Nested allocateNested(
      IommuCall<IommuHwptAlloc> call, Viommu viommu, Device device) {
    IommuHwptAlloc request = call.request();
    Fail.when(
        viommu.smmu() != device.function().smmu(), Errno.EINVAL, "device behind another SMMU");
    // iommufd would let PASID pass, the SMMU's driver does not.
    Fail.when(
        (request.flags & ~FAULT) != 0 || request.data_len == 0,
        Errno.EOPNOTSUPP,
        "flags or no data");
    Fail.when(
        request.data_type != IommuHwptAlloc.IOMMU_HWPT_DATA_ARM_SMMUV3,
        Errno.EINVAL,
        "data type " + request.data_type);
    boolean translates =
        StreamTableEntry.translates(call.memory(), request.data_uptr, request.data_len);
    FaultQueue faults = faults(call.context(), request);
    return call.context().add(id -> new Nested(id, viommu, translates, faults));
  }

  private static @Nullable FaultQueue faults(Context context, IommuHwptAlloc request) {
    return (request.flags & FAULT) == 0 ? null : context.get(request.fault_id, FaultQueue.class);
  }
}
