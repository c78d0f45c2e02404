package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.simulated.KernelObject.Device;
import io.vsmmu.iommufd.simulated.KernelObject.Paging;
import io.vsmmu.iommufd.simulated.KernelObject.Vdevice;
import io.vsmmu.iommufd.simulated.KernelObject.Viommu;
import io.vsmmu.iommufd.uapi.IommuVdeviceAlloc;
import io.vsmmu.iommufd.uapi.IommuViommuAlloc;

/** vIOMMUs and the devices that a guest knows behind them. */
final class ViommuRequests {
  private ViommuRequests() {}

  static void allocate(IommuCall<IommuViommuAlloc> call) {
    IommuViommuAlloc request = call.request();
    Context context = call.context();
    Fail.when(request.flags != 0 || request.type == 0, Errno.EOPNOTSUPP, "flags or no type");
    SmmuState smmu = context.get(request.dev_id, Device.class).function().smmu();
    Fail.when(
        !smmu.smmu().nests() || request.type != IommuViommuAlloc.IOMMU_VIOMMU_TYPE_ARM_SMMUV3,
        Errno.EOPNOTSUPP,
        smmu.smmu().name() + " has no vIOMMU of type " + request.type);
    Paging parent = context.get(request.hwpt_id, Paging.class);
    Fail.when(!parent.nestParent(), Errno.EINVAL, "not a nesting parent");
    Fail.when(!parent.fits(smmu), Errno.EINVAL, "nesting parent of another SMMU");
    Viommu viommu = context.add(id -> new Viommu(id, parent, smmu));
    request.out_viommu_id = viommu.id();
    call.made(viommu);
  }

  static void allocateVdevice(IommuCall<IommuVdeviceAlloc> call) {
    IommuVdeviceAlloc request = call.request();
    Context context = call.context();
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
    Vdevice vdevice = context.add(id -> new Vdevice(id, viommu, device, request.virt_id));
    request.out_vdevice_id = vdevice.id();
    call.made(vdevice);
  }
}
