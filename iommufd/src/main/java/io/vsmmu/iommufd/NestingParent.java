package io.vsmmu.iommufd;

import io.vsmmu.iommufd.uapi.IommuViommuAlloc;

/**
 * Stage 2 page tables for an address space, in the format of one physical SMMU. A VM's nested page
 * tables translate through it. Devices are not attached to it: there the guest could neither stop
 * their DMA nor hear of their faults.
 */
public final class NestingParent extends IommuObject {

  NestingParent(IommuContext context, int id) {
    super(context, id, "nesting parent");
  }

  /**
   * Makes a vIOMMU on this parent for the physical SMMU in front of a device.
   *
   * @throws IommuException EINVAL when the parent is of another SMMU and this kernel does not share
   *     parents; EOPNOTSUPP when the SMMU cannot nest
   */
  public VirtualIommu allocateViommu(BoundDevice device) {
    IommuViommuAlloc request = new IommuViommuAlloc();
    request.type = IommuViommuAlloc.IOMMU_VIOMMU_TYPE_ARM_SMMUV3;
    request.dev_id = device.id();
    request.hwpt_id = id();
    Requests.call(context().file(), request, "vIOMMU on " + this + " for " + device);
    return new VirtualIommu(context(), request.out_viommu_id);
  }
}
