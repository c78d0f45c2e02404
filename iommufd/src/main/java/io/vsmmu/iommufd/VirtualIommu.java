package io.vsmmu.iommufd;

import io.vsmmu.iommufd.kernel.KernelException;
import io.vsmmu.iommufd.smmu.InvalidationCommand;
import io.vsmmu.iommufd.smmu.Vste;
import io.vsmmu.iommufd.uapi.IommuHwptAlloc;
import io.vsmmu.iommufd.uapi.IommuHwptArmSmmuv3;
import io.vsmmu.iommufd.uapi.IommuHwptInvalidate;
import io.vsmmu.iommufd.uapi.IommuVdeviceAlloc;
import io.vsmmu.iommufd.uapi.IommuVeventqAlloc;
import io.vsmmu.iommufd.uapi.IommuViommuArmSmmuv3Invalidate;
import java.util.List;

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
    return allocateNested(device, vste, new IommuHwptAlloc());
  }

  /**
   * Makes a nested page table whose devices may ask for pages.
   *
   * @param device a bound device behind the same physical SMMU; it is not attached by this
   * @param faults where their requests go; to be closed after the page table
   * @throws IommuException EINVAL when the device is behind another SMMU; EOPNOTSUPP when the SMMU
   *     takes no page requests
   */
  public NestedHwpt allocateNested(BoundDevice device, Vste vste, FaultQueue faults) {
    IommuHwptAlloc request = new IommuHwptAlloc();
    request.flags = IommuHwptAlloc.IOMMU_HWPT_FAULT_ID_VALID;
    request.fault_id = faults.id();
    return allocateNested(device, vste, request);
  }

  private NestedHwpt allocateNested(BoundDevice device, Vste vste, IommuHwptAlloc request) {
    IommuHwptArmSmmuv3 data = new IommuHwptArmSmmuv3();
    data.ste[0] = vste.word0();
    data.ste[1] = vste.word1();
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

  /**
   * Makes the queue of this vIOMMU's events; there can be one.
   *
   * @param depth most events that it holds before it loses some, at least 1
   * @throws IommuException EEXIST when there is a queue already; EOPNOTSUPP when the kernel has no
   *     events for vIOMMUs
   */
  public EventQueue allocateEventQueue(int depth) {
    if (depth < 1) {
      throw new IllegalArgumentException("depth " + depth + " is not at least 1");
    }
    IommuVeventqAlloc request = new IommuVeventqAlloc();
    request.viommu_id = id();
    request.type = IommuVeventqAlloc.IOMMU_VEVENTQ_TYPE_ARM_SMMUV3;
    request.veventq_depth = depth;
    Requests.call(context().file(), request, "event queue of " + this);
    return new EventQueue(context(), request.out_veventq_id, request.out_veventq_fd);
  }

  /**
   * Has the SMMU drop what it caches of the guest's stage 1, in the commands' order. After a
   * failure the commands before the one that the error names were accepted, and it and those after
   * it must be given again if they are still wanted.
   *
   * @throws IommuException EIO when a command names a stream id without vDEVICE, or the SMMU does
   *     not know the command; ETIMEDOUT when a device does not answer
   */
  public void invalidate(List<InvalidationCommand> commands) {
    // The kernel takes no empty list for an SMMUv3.
    if (commands.isEmpty()) {
      return;
    }
    IommuHwptInvalidate request = new IommuHwptInvalidate();
    request.hwpt_id = id();
    IommuViommuArmSmmuv3Invalidate[] entries = request.smmuv3Commands(commands.size());
    for (int i = 0; i < entries.length; i++) {
      entries[i].cmd[0] = commands.get(i).word0();
      entries[i].cmd[1] = commands.get(i).word1();
    }
    try {
      request.call(context().file());
    } catch (KernelException e) {
      throw Requests.refused(request.ioctl(), e, commandAfter(request.entry_num, commands));
    }
  }

  /** What an error is about, when so many commands were accepted. */
  private String commandAfter(int accepted, List<InvalidationCommand> commands) {
    return accepted >= 0 && accepted < commands.size()
        ? "%s, command %d of %d, %s"
            .formatted(this, accepted + 1, commands.size(), commands.get(accepted))
        : "%s, %d commands".formatted(this, commands.size());
  }
}
