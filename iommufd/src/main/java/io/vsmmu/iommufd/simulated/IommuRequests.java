package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.simulated.KernelObject.AddressSpace;
import io.vsmmu.iommufd.simulated.KernelObject.Device;
import io.vsmmu.iommufd.simulated.KernelObject.Nested;
import io.vsmmu.iommufd.simulated.KernelObject.Paging;
import io.vsmmu.iommufd.simulated.KernelObject.Vdevice;
import io.vsmmu.iommufd.simulated.KernelObject.Viommu;
import io.vsmmu.iommufd.uapi.IommuDestroy;
import io.vsmmu.iommufd.uapi.IommuHwInfo;
import io.vsmmu.iommufd.uapi.IommuHwInfoArmSmmuv3;
import io.vsmmu.iommufd.uapi.IommuHwptAlloc;
import io.vsmmu.iommufd.uapi.IommuIoasAlloc;
import io.vsmmu.iommufd.uapi.IommuIoasMap;
import io.vsmmu.iommufd.uapi.IommuIoasUnmap;
import io.vsmmu.iommufd.uapi.IommuOption;
import io.vsmmu.iommufd.uapi.IommuVdeviceAlloc;
import io.vsmmu.iommufd.uapi.IommuViommuAlloc;
import io.vsmmu.iommufd.uapi.Request;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The requests on an iommufd, with the checks in the kernel's order ({@code
 * drivers/iommu/iommufd}).
 */
final class IommuRequests {

  /** Carries a request out on a context, and fills its structure with the answer. */
  private interface Handler<R extends Request> {
    void handle(Context context, R request, Caller caller);
  }

  private record Entry<R extends Request>(Supplier<R> blank, int minimum, Handler<R> handler) {
    void run(Context context, long argument, Caller caller) {
      R request = Arguments.read(caller.memory(), argument, blank.get(), minimum);
      handler.handle(context, request, caller);
      Arguments.respond(caller.memory(), argument, request);
    }
  }

  private static final int MAP_FLAGS =
      IommuIoasMap.IOMMU_IOAS_MAP_FIXED_IOVA
          | IommuIoasMap.IOMMU_IOAS_MAP_WRITEABLE
          | IommuIoasMap.IOMMU_IOAS_MAP_READABLE;

  private final Map<Integer, Entry<?>> table = new HashMap<>();
  private final boolean sharesNestingParents;

  IommuRequests(boolean sharesNestingParents) {
    this.sharesNestingParents = sharesNestingParents;
    add(IommuDestroy::new, 8, (context, request, caller) -> context.destroy(request.id));
    add(IommuIoasAlloc::new, 12, (context, request, caller) -> allocateIoas(context, request));
    add(IommuIoasMap::new, 40, (context, request, caller) -> map(context, request));
    add(IommuIoasUnmap::new, 24, (context, request, caller) -> unmap(context, request));
    add(IommuOption::new, 24, IommuRequests::option);
    add(IommuHwptAlloc::new, 24, this::allocateHwpt);
    add(IommuHwInfo::new, 32, IommuRequests::hwInfo);
    add(IommuViommuAlloc::new, 24, (context, request, caller) -> allocateViommu(context, request));
    add(
        IommuVdeviceAlloc::new,
        24,
        (context, request, caller) -> allocateVdevice(context, request));
  }

  private <R extends Request> void add(Supplier<R> blank, int minimum, Handler<R> handler) {
    table.put(blank.get().ioctl().number(), new Entry<>(blank, minimum, handler));
  }

  void run(Context context, int request, long argument, Caller caller) {
    Entry<?> entry = table.get(request);
    if (entry == null) {
      throw Fail.with(Errno.ENOTTY, "request 0x" + Integer.toHexString(request));
    }
    entry.run(context, argument, caller);
  }

  private static void allocateIoas(Context context, IommuIoasAlloc request) {
    Fail.when(request.flags != 0, Errno.EOPNOTSUPP, "flags");
    request.out_ioas_id = context.add(AddressSpace::new).id();
  }

  private static void map(Context context, IommuIoasMap request) {
    Fail.when(
        (request.flags & ~MAP_FLAGS) != 0 || request.__reserved != 0, Errno.EOPNOTSUPP, "flags");
    Fail.when(request.iova == -1 || request.length == -1, Errno.EOVERFLOW, "range");
    Fail.when(
        (request.flags & ~IommuIoasMap.IOMMU_IOAS_MAP_FIXED_IOVA) == 0,
        Errno.EINVAL,
        "neither readable nor writable");
    IovaMap mappings = context.get(request.ioas_id, AddressSpace.class).mappings();
    if ((request.flags & IommuIoasMap.IOMMU_IOAS_MAP_FIXED_IOVA) != 0) {
      mappings.map(request.iova, request.length);
    } else {
      request.iova = mappings.mapAnywhere(request.length);
    }
  }

  private static void unmap(Context context, IommuIoasUnmap request) {
    IovaMap mappings = context.get(request.ioas_id, AddressSpace.class).mappings();
    if (request.iova == 0 && request.length == -1) {
      request.length = mappings.unmapAll();
      return;
    }
    Fail.when(request.iova == -1 || request.length == -1, Errno.EOVERFLOW, "range");
    request.length = mappings.unmap(request.iova, request.length);
  }

  private static void option(Context context, IommuOption request, Caller caller) {
    Fail.when(
        request.__reserved != 0
            || request.option_id != IommuOption.IOMMU_OPTION_RLIMIT_MODE
            || request.object_id != 0,
        Errno.EOPNOTSUPP,
        "option " + request.option_id);
    if (request.op == IommuOption.IOMMU_OPTION_OP_GET) {
      request.val64 = context.chargesProcess() ? 1 : 0;
      return;
    }
    Fail.when(request.op != IommuOption.IOMMU_OPTION_OP_SET, Errno.EOPNOTSUPP, "op " + request.op);
    Fail.when(!caller.hasSysResource(), Errno.EPERM, "no CAP_SYS_RESOURCE");
    Fail.when(!context.isFresh(), Errno.EBUSY, "context was used");
    Fail.when(request.val64 != 0 && request.val64 != 1, Errno.EINVAL, "value " + request.val64);
    context.setChargesProcess(request.val64 == 1);
  }

  private void allocateHwpt(Context context, IommuHwptAlloc request, Caller caller) {
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
          case Viommu viommu -> allocateNested(context, viommu, device, request, caller);
          // SMMUv3 has no nested page tables without a vIOMMU.
          case Paging parent -> throw Fail.with(Errno.EOPNOTSUPP, "no vIOMMU on " + parent.id());
          default -> throw Fail.with(Errno.EINVAL, "nothing can be on object " + on.id());
        };
    request.out_hwpt_id = made.id();
  }

  private Paging allocatePaging(
      Context context, AddressSpace ioas, Device device, IommuHwptAlloc request) {
    SmmuState smmu = device.function().smmu();
    Fail.when(
        (request.flags & ~IommuHwptAlloc.IOMMU_HWPT_ALLOC_NEST_PARENT) != 0,
        Errno.EOPNOTSUPP,
        "flags");
    Fail.when(request.data_len != 0, Errno.EOPNOTSUPP, "data for a paging page table");
    boolean nestParent = request.flags != 0;
    Fail.when(
        nestParent && !smmu.smmu().bothStages(), Errno.EOPNOTSUPP, "SMMU with one stage only");
    return context.add(id -> new Paging(id, ioas, smmu, nestParent, false, sharesNestingParents));
  }

  private static Nested allocateNested(
      Context context, Viommu viommu, Device device, IommuHwptAlloc request, Caller caller) {
    Fail.when(
        viommu.smmu() != device.function().smmu(), Errno.EINVAL, "device behind another SMMU");
    Fail.when(request.flags != 0 || request.data_len == 0, Errno.EOPNOTSUPP, "flags or no data");
    Fail.when(
        request.data_type != IommuHwptAlloc.IOMMU_HWPT_DATA_ARM_SMMUV3,
        Errno.EINVAL,
        "data type " + request.data_type);
    boolean translates =
        StreamTableEntry.translates(caller.memory(), request.data_uptr, request.data_len);
    return context.add(id -> new Nested(id, viommu, translates));
  }

  private static void hwInfo(Context context, IommuHwInfo request, Caller caller) {
    Fail.when(
        request.flags != 0
            || request.__reserved[0] != 0
            || request.__reserved[1] != 0
            || request.__reserved[2] != 0,
        Errno.EOPNOTSUPP,
        "flags");
    SimulatedSmmu smmu = context.get(request.dev_id, Device.class).function().smmu().smmu();
    IommuHwInfoArmSmmuv3 registers = new IommuHwInfoArmSmmuv3();
    for (int i = 0; i < registers.idr.length; i++) {
      registers.idr[i] = smmu.idr().get(i);
    }
    registers.iidr = smmu.iidr();
    registers.aidr = smmu.aidr();
    registers.write();
    // A shorter buffer gets a part, a longer one zeros at its end.
    byte[] answer = new byte[request.data_len];
    int known = Math.min(answer.length, registers.size());
    registers.getPointer().read(0, answer, 0, known);
    caller.memory().write(request.data_uptr, answer);
    request.data_len = registers.size();
    request.out_data_type = IommuHwInfo.IOMMU_HW_INFO_TYPE_ARM_SMMUV3;
    request.out_max_pasid_log2 = 0;
    request.out_capabilities = 0;
  }

  private static void allocateViommu(Context context, IommuViommuAlloc request) {
    Fail.when(request.flags != 0 || request.type == 0, Errno.EOPNOTSUPP, "flags or no type");
    SmmuState smmu = context.get(request.dev_id, Device.class).function().smmu();
    Fail.when(
        !smmu.smmu().nests() || request.type != IommuViommuAlloc.IOMMU_VIOMMU_TYPE_ARM_SMMUV3,
        Errno.EOPNOTSUPP,
        smmu.smmu().name() + " has no vIOMMU of type " + request.type);
    Paging parent = context.get(request.hwpt_id, Paging.class);
    Fail.when(!parent.nestParent(), Errno.EINVAL, "not a nesting parent");
    Fail.when(!parent.fits(smmu), Errno.EINVAL, "nesting parent of another SMMU");
    request.out_viommu_id = context.add(id -> new Viommu(id, parent, smmu)).id();
  }

  private static void allocateVdevice(Context context, IommuVdeviceAlloc request) {
    Viommu viommu = context.get(request.viommu_id, Viommu.class);
    Device device = context.get(request.dev_id, Device.class);
    Fail.when(
        viommu.smmu() != device.function().smmu(), Errno.EINVAL, "device behind another SMMU");
    Fail.when(
        context.all(Vdevice.class).anyMatch(other -> other.device() == device),
        Errno.EEXIST,
        "device has a vDEVICE");
    Fail.when(
        context
            .all(Vdevice.class)
            .anyMatch(other -> other.viommu() == viommu && other.virtId() == request.virt_id),
        Errno.EEXIST,
        "virtual id is taken");
    request.out_vdevice_id =
        context.add(id -> new Vdevice(id, viommu, device, request.virt_id)).id();
  }
}
