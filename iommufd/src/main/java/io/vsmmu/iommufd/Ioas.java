package io.vsmmu.iommufd;

import io.vsmmu.iommufd.uapi.IommuHwptAlloc;
import io.vsmmu.iommufd.uapi.IommuIoasMap;
import io.vsmmu.iommufd.uapi.IommuIoasUnmap;

/** An address space: what is mapped where. For a VM: its guest-physical memory. */
public final class Ioas extends IommuObject {

  Ioas(IommuContext context, int id) {
    super(context, id, "IOAS");
  }

  /**
   * Makes a nesting parent: stage 2 page tables of one physical SMMU for this address space.
   *
   * @param device a bound device behind that SMMU
   * @throws IommuException ENOSPC when the SMMU has no VMID left; EINVAL or EOPNOTSUPP when its
   *     IOMMU has no stage 2
   */
  public NestingParent allocateNestingParent(BoundDevice device) {
    IommuHwptAlloc request = new IommuHwptAlloc();
    request.flags = IommuHwptAlloc.IOMMU_HWPT_ALLOC_NEST_PARENT;
    request.dev_id = device.id();
    request.pt_id = id();
    Requests.call(context().file(), request, "nesting parent on " + this + " for " + device);
    return new NestingParent(context(), request.out_hwpt_id);
  }

  /**
   * Maps memory of the calling process, readable and writable by devices.
   *
   * @param userAddress page-aligned address in the calling process
   * @param length bytes, a multiple of the page size
   * @param iova page-aligned address for devices
   * @throws IommuException EEXIST when part of the range is mapped; ENOMEM for RLIMIT_MEMLOCK;
   *     EFAULT when the memory is not the process's
   */
  public void map(long userAddress, long length, long iova) {
    IommuIoasMap request = new IommuIoasMap();
    request.flags =
        IommuIoasMap.IOMMU_IOAS_MAP_FIXED_IOVA
            | IommuIoasMap.IOMMU_IOAS_MAP_WRITEABLE
            | IommuIoasMap.IOMMU_IOAS_MAP_READABLE;
    request.ioas_id = id();
    request.user_va = userAddress;
    request.length = length;
    request.iova = iova;
    Requests.call(context().file(), request, range(iova, length));
  }

  /**
   * Removes all mappings in a range.
   *
   * @return bytes that were unmapped
   * @throws IommuException ENOENT when nothing is mapped there or the range cuts a mapping
   */
  public long unmap(long iova, long length) {
    IommuIoasUnmap request = new IommuIoasUnmap();
    request.ioas_id = id();
    request.iova = iova;
    request.length = length;
    return Requests.call(context().file(), request, range(iova, length)).length;
  }

  private String range(long iova, long length) {
    return "0x%x bytes at 0x%x of %s".formatted(length, iova, this);
  }
}
