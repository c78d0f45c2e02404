package io.vsmmu.iommufd;

import io.vsmmu.iommufd.smmu.Vste;
import io.vsmmu.iommufd.uapi.IommuHwptAlloc;
import io.vsmmu.iommufd.uapi.IommuHwptArmSmmuv3;
import io.vsmmu.iommufd.uapi.IommuVdeviceAlloc;

/** The part of one physical SMMU that a VM may use; the back of one vSMMU of the guest. */
public final class VirtualIommu extends IommuObject {
  private static final long MAX_STREAM_ID = 0xFFFF_FFFFL;

  VirtualIommu(IommuContext context, int id) {
    super(context, id, "vIOMMU");
  }

  /**
   * Takes over a vIOMMU that another process made in the context. Nothing is asked of the kernel: a
   * wrong id shows when it is used.
   */
  public static VirtualIommu adopt(IommuContext context, int id) {
    return new VirtualIommu(context, id);
  }

  /**
   * Makes a nested page table.
   *
   * @param device a bound device behind the same physical SMMU; it is not attached by this
   * @throws IommuException EINVAL when the device is behind another SMMU
   */
  public NestedHwpt allocateNested(BoundDevice device, Vste vste) {
    IommuHwptArmSmmuv3 data = new IommuHwptArmSmmuv3();
    data.ste[0] = vste.word0();
    data.ste[1] = vste.word1();
    IommuHwptAlloc request = new IommuHwptAlloc();
    request.dev_id = device.id();
    request.pt_id = id();
    request.data(data);
    Requests.call(context().file(), request, "nested page table on " + this + " for " + device);
    return new NestedHwpt(context(), request.out_hwpt_id);
  }

  /** Makes both proxies, or none when one fails. */
  public ProxyHwpts allocateProxies(BoundDevice device) {
    NestedHwpt bypass = allocateNested(device, Vste.bypass());
    try {
      return new ProxyHwpts(bypass, allocateNested(device, Vste.abort()));
    } catch (RuntimeException e) {
      Undo.of(bypass).after(e);
      throw e;
    }
  }

  /**
   * Links a bound device to this vIOMMU. The link ends when the device is closed.
   *
   * @param virtualStreamId the stream id in the guest, 0 to 2^32-1, unique within the vIOMMU
   * @throws IommuException EEXIST when device or stream id is linked; EINVAL when the device is
   *     behind another physical SMMU
   */
  public VirtualDevice allocateVdevice(BoundDevice device, long virtualStreamId) {
    // The kernel takes more bits than an SMMU has.
    if (virtualStreamId < 0 || virtualStreamId > MAX_STREAM_ID) {
      throw new IllegalArgumentException(
          "virtual stream id " + virtualStreamId + " is not in 0 to 0xffffffff");
    }
    IommuVdeviceAlloc request = new IommuVdeviceAlloc();
    request.viommu_id = id();
    request.dev_id = device.id();
    request.virt_id = virtualStreamId;
    Requests.call(context().file(), request, "vDEVICE on " + this + " for " + device);
    return new VirtualDevice(context(), request.out_vdevice_id, virtualStreamId);
  }
}
