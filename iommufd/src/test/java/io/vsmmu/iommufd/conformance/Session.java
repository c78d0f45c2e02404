package io.vsmmu.iommufd.conformance;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.kernel.Descriptor;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.kernel.KernelException;
import io.vsmmu.iommufd.smmu.SmmuCapabilities;
import io.vsmmu.iommufd.smmu.Vste;
import io.vsmmu.iommufd.uapi.IommuDestroy;
import io.vsmmu.iommufd.uapi.IommuFaultAlloc;
import io.vsmmu.iommufd.uapi.IommuHwInfo;
import io.vsmmu.iommufd.uapi.IommuHwInfoArmSmmuv3;
import io.vsmmu.iommufd.uapi.IommuHwptAlloc;
import io.vsmmu.iommufd.uapi.IommuHwptArmSmmuv3;
import io.vsmmu.iommufd.uapi.IommuHwptInvalidate;
import io.vsmmu.iommufd.uapi.IommuIoasAlloc;
import io.vsmmu.iommufd.uapi.IommuIoasMap;
import io.vsmmu.iommufd.uapi.IommuIoasUnmap;
import io.vsmmu.iommufd.uapi.IommuVdeviceAlloc;
import io.vsmmu.iommufd.uapi.IommuVeventqAlloc;
import io.vsmmu.iommufd.uapi.IommuViommuAlloc;
import io.vsmmu.iommufd.uapi.VfioDeviceAttachIommufdPt;
import io.vsmmu.iommufd.uapi.VfioDeviceBindIommufd;
import io.vsmmu.iommufd.uapi.VfioDeviceDetachIommufdPt;
import java.util.ArrayDeque;
import java.util.Deque;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** A context and bare requests on it, without the library's objects in between. */
final class Session implements AutoCloseable {
  static final long PAGE = 0x1_0000;

  private static final long CFGI_CD_ALL = 0x06;

  private final Kernel kernel;
  private final Descriptor iommu;
  private final Deque<Descriptor> files = new ArrayDeque<>();

  /** Twice a page, so that an aligned page fits; kept for as long as it may be mapped. */
  private final Memory memory = new Memory(2 * PAGE);

  Session(KernelUnderTest target) {
    this.kernel = target.kernel();
    this.iommu = new Descriptor(kernel, kernel.open(target.iommu()), target.iommu().toString());
  }

  static void assertFails(Errno errno, ThrowingCallable call) {
    assertThatExceptionOfType(KernelException.class)
        .isThrownBy(call)
        .extracting(KernelException::errno)
        .isEqualTo(errno);
  }

  Descriptor iommu() {
    return iommu;
  }

  Descriptor open(TreeDevice device) {
    return own(kernel.open(device.cdev()), device.pciAddress());
  }

  int bind(Descriptor device) {
    return bind(device, iommu.fd());
  }

  int bind(Descriptor device, int iommufd) {
    VfioDeviceBindIommufd request = new VfioDeviceBindIommufd();
    request.iommufd = iommufd;
    request.call(device);
    return request.out_devid;
  }

  int ioas() {
    IommuIoasAlloc request = new IommuIoasAlloc();
    request.call(iommu);
    return request.out_ioas_id;
  }

  int nestingParent(int device, int ioas) {
    return hwpt(device, ioas, IommuHwptAlloc.IOMMU_HWPT_ALLOC_NEST_PARENT);
  }

  /** A page table without data. */
  int hwpt(int device, int on, int flags) {
    IommuHwptAlloc request = new IommuHwptAlloc();
    request.flags = flags;
    request.dev_id = device;
    request.pt_id = on;
    request.call(iommu);
    return request.out_hwpt_id;
  }

  int viommu(int device, int parent) {
    IommuViommuAlloc request = new IommuViommuAlloc();
    request.type = IommuViommuAlloc.IOMMU_VIOMMU_TYPE_ARM_SMMUV3;
    request.dev_id = device;
    request.hwpt_id = parent;
    request.call(iommu);
    return request.out_viommu_id;
  }

  /** A vIOMMU with all that it needs. */
  int viommu(int device) {
    return viommu(device, nestingParent(device, ioas()));
  }

  int nested(int device, int viommu, Vste vste) {
    return nested(device, viommu, vste.word0(), vste.word1());
  }

  int nested(int device, int viommu, long word0, long word1) {
    IommuHwptArmSmmuv3 data = new IommuHwptArmSmmuv3();
    data.ste[0] = word0;
    data.ste[1] = word1;
    IommuHwptAlloc request = new IommuHwptAlloc();
    request.dev_id = device;
    request.pt_id = viommu;
    request.data(data);
    request.call(iommu);
    return request.out_hwpt_id;
  }

  int vdevice(int viommu, int device, long virtId) {
    IommuVdeviceAlloc request = new IommuVdeviceAlloc();
    request.viommu_id = viommu;
    request.dev_id = device;
    request.virt_id = virtId;
    request.call(iommu);
    return request.out_vdevice_id;
  }

  /** Returns the page table that is in use afterwards. */
  int attach(Descriptor device, int pageTable) {
    VfioDeviceAttachIommufdPt request = new VfioDeviceAttachIommufdPt();
    request.pt_id = pageTable;
    request.call(device);
    return request.pt_id;
  }

  void detach(Descriptor device) {
    new VfioDeviceDetachIommufdPt().call(device);
  }

  void destroy(int id) {
    IommuDestroy request = new IommuDestroy();
    request.id = id;
    request.call(iommu);
  }

  /** What the SMMU in front of a device says about itself. */
  SmmuCapabilities capabilities(int device) {
    IommuHwInfoArmSmmuv3 registers = new IommuHwInfoArmSmmuv3();
    IommuHwInfo request = new IommuHwInfo();
    request.dev_id = device;
    request.data(registers);
    request.call(iommu);
    return SmmuCapabilities.decode(registers.idr, registers.iidr, registers.aidr);
  }

  /** Has what the SMMU caches of a stream's context descriptors dropped. */
  void invalidateContexts(int viommu, long virtId) {
    IommuHwptInvalidate request = new IommuHwptInvalidate();
    request.hwpt_id = viommu;
    request.smmuv3Commands(1)[0].cmd[0] = CFGI_CD_ALL | virtId << 32;
    request.call(iommu);
  }

  /** A queue: its object and its file. */
  record Queue(int id, Descriptor file) {}

  Queue faultQueue() {
    IommuFaultAlloc request = new IommuFaultAlloc();
    request.call(iommu);
    return new Queue(request.out_fault_id, own(request.out_fault_fd, "fault queue"));
  }

  Queue eventQueue(int viommu, int depth) {
    return eventQueue(viommu, IommuVeventqAlloc.IOMMU_VEVENTQ_TYPE_ARM_SMMUV3, depth);
  }

  Queue eventQueue(int viommu, int type, int depth) {
    IommuVeventqAlloc request = new IommuVeventqAlloc();
    request.viommu_id = viommu;
    request.type = type;
    request.veventq_depth = depth;
    request.call(iommu);
    return new Queue(request.out_veventq_id, own(request.out_veventq_fd, "event queue"));
  }

  /** Closes it at the end of the session. */
  Descriptor own(int fd, String name) {
    Descriptor file = new Descriptor(kernel, fd, name);
    files.push(file);
    return file;
  }

  /** Closes a file before the end of the session. */
  void close(Descriptor file) {
    files.remove(file);
    file.close();
  }

  /** Address of a page of this process. */
  long userMemory() {
    return Pointer.nativeValue(memory) + PAGE - 1 & -PAGE;
  }

  /** Maps one page of this process. */
  void map(int ioas, long iova) {
    map(ioas, iova, PAGE);
  }

  void map(int ioas, long iova, long length) {
    IommuIoasMap request = new IommuIoasMap();
    request.flags =
        IommuIoasMap.IOMMU_IOAS_MAP_FIXED_IOVA
            | IommuIoasMap.IOMMU_IOAS_MAP_READABLE
            | IommuIoasMap.IOMMU_IOAS_MAP_WRITEABLE;
    request.ioas_id = ioas;
    request.user_va = userMemory();
    request.length = length;
    request.iova = iova;
    request.call(iommu);
  }

  long unmap(int ioas, long iova, long length) {
    IommuIoasUnmap request = new IommuIoasUnmap();
    request.ioas_id = ioas;
    request.iova = iova;
    request.length = length;
    request.call(iommu);
    return request.length;
  }

  @Override
  public void close() {
    files.forEach(Descriptor::close);
    iommu.close();
  }
}
