package io.vsmmu.iommufd;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.smmu.SmmuCapabilities;
import io.vsmmu.iommufd.uapi.IommuHwInfo;
import io.vsmmu.iommufd.uapi.IommuHwInfoArmSmmuv3;
import io.vsmmu.iommufd.uapi.VfioDeviceAttachIommufdPt;
import io.vsmmu.iommufd.uapi.VfioDeviceDetachIommufdPt;
import io.vsmmu.iommufd.uapi.VfioDeviceInfo;

/** A device bound to a context, until its {@link VfioDevice} is closed. */
public final class BoundDevice {
  private final VfioDevice device;
  private final IommuContext context;
  private final int id;

  BoundDevice(VfioDevice device, IommuContext context, int id) {
    this.device = device;
    this.context = context;
    this.id = id;
  }

  /** The device's id in the context. Ids are used again after the device is closed. */
  public int id() {
    return id;
  }

  public VfioDevice device() {
    return device;
  }

  /**
   * What the SMMU in front of the device can do.
   *
   * @throws IommuException EOPNOTSUPP when the IOMMU is none or not an SMMUv3
   */
  public SmmuCapabilities smmu() {
    IommuHwInfoArmSmmuv3 registers = new IommuHwInfoArmSmmuv3();
    IommuHwInfo request = new IommuHwInfo();
    request.dev_id = id;
    request.data(registers);
    Requests.call(context.file(), request, toString());
    if (request.out_data_type != IommuHwInfo.IOMMU_HW_INFO_TYPE_ARM_SMMUV3) {
      throw Requests.refused(
          request,
          Errno.EOPNOTSUPP,
          toString(),
          "the IOMMU in front of it is of type "
              + request.out_data_type
              + ", not an Arm SMMUv3 ("
              + IommuHwInfo.IOMMU_HW_INFO_TYPE_ARM_SMMUV3
              + ")");
    }
    return SmmuCapabilities.decode(registers.idr, registers.iidr, registers.aidr);
  }

  /**
   * Puts the device behind a nested page table, in place of the one it was behind.
   *
   * @throws IommuException EINVAL when the page table is of another SMMU, or another device of the
   *     iommu group is behind another page table; ENOENT when the page table translates and the
   *     device has no vDEVICE
   */
  public void attach(NestedHwpt hwpt) {
    VfioDeviceAttachIommufdPt request = new VfioDeviceAttachIommufdPt();
    request.pt_id = hwpt.id();
    Requests.call(device.file(), request, device + " and " + hwpt);
  }

  /**
   * What VFIO says of the device.
   *
   * @throws IommuException what the request gives
   */
  public DeviceInfo info() {
    VfioDeviceInfo answer = Requests.call(device.file(), new VfioDeviceInfo(), toString());
    boolean more = (answer.flags & VfioDeviceInfo.VFIO_DEVICE_FLAGS_CAPS) != 0;
    return DeviceInfo.of(
        more
            // The kernel has told how much room its capabilities need.
            ? Requests.call(device.file(), new VfioDeviceInfo(answer.argsz), toString())
            : answer);
  }

  /**
   * Resets the device (tens to hundreds of milliseconds). It stays bound and attached.
   *
   * @throws IommuException EINVAL when it has no reset of its own; EAGAIN when the kernel is busy
   *     with the device
   */
  public void reset() {
    Requests.reset(device.file(), toString());
  }

  /** Takes the device off its page table; its DMA is blocked then. */
  public void detach() {
    Requests.call(device.file(), new VfioDeviceDetachIommufdPt(), toString());
  }

  @Override
  public String toString() {
    return device.toString();
  }
}
