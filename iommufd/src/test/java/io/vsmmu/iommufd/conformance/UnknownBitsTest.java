package io.vsmmu.iommufd.conformance;

import static io.vsmmu.iommufd.conformance.Session.PAGE;
import static io.vsmmu.iommufd.conformance.Session.assertFails;

import io.vsmmu.iommufd.kernel.Descriptor;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.smmu.Vste;
import io.vsmmu.iommufd.uapi.IommuHwInfo;
import io.vsmmu.iommufd.uapi.IommuHwptAlloc;
import io.vsmmu.iommufd.uapi.IommuHwptArmSmmuv3;
import io.vsmmu.iommufd.uapi.IommuIoasAlloc;
import io.vsmmu.iommufd.uapi.IommuIoasMap;
import io.vsmmu.iommufd.uapi.IommuOption;
import io.vsmmu.iommufd.uapi.IommuViommuAlloc;
import io.vsmmu.iommufd.uapi.VfioDeviceAttachIommufdPt;
import io.vsmmu.iommufd.uapi.VfioDeviceBindIommufd;
import io.vsmmu.iommufd.uapi.VfioDeviceDetachIommufdPt;
import org.junit.jupiter.api.Test;

/** Flags that the kernel does not know, reserved fields that are set, and ranges beyond the end. */
@Conformance
class UnknownBitsTest {
  private static final int UNKNOWN_FLAG = 1 << 30;

  @Test
  void addressSpace(Session session) {
    IommuIoasAlloc request = new IommuIoasAlloc();
    request.flags = UNKNOWN_FLAG;

    assertFails(Errno.EOPNOTSUPP, () -> request.call(session.iommu()));
  }

  @Test
  void mapping(Session session) {
    int ioas = session.ioas();
    IommuIoasMap flags = readable(session, ioas);
    flags.flags |= UNKNOWN_FLAG;
    IommuIoasMap reserved = readable(session, ioas);
    reserved.__reserved = 1;

    assertFails(Errno.EOPNOTSUPP, () -> flags.call(session.iommu()));
    assertFails(Errno.EOPNOTSUPP, () -> reserved.call(session.iommu()));
  }

  @Test
  void ranges(Session session) {
    int ioas = session.ioas();

    assertFails(Errno.EOVERFLOW, () -> session.map(ioas, -1));
    assertFails(Errno.EOVERFLOW, () -> session.map(ioas, 0, -1));
    assertFails(Errno.EOVERFLOW, () -> session.map(ioas, -PAGE, 2 * PAGE));
    assertFails(Errno.EOVERFLOW, () -> session.unmap(ioas, -1, PAGE));
    assertFails(Errno.EOVERFLOW, () -> session.unmap(ioas, PAGE, -1));
    assertFails(Errno.EOVERFLOW, () -> session.unmap(ioas, -PAGE, 2 * PAGE));
  }

  @Test
  void option(Session session) {
    IommuOption reserved = new IommuOption();
    reserved.op = IommuOption.IOMMU_OPTION_OP_GET;
    reserved.__reserved = 1;
    IommuOption object = new IommuOption();
    object.op = IommuOption.IOMMU_OPTION_OP_GET;
    object.object_id = session.ioas();

    assertFails(Errno.EOPNOTSUPP, () -> reserved.call(session.iommu()));
    assertFails(Errno.EOPNOTSUPP, () -> object.call(session.iommu()));
  }

  @Test
  void nestingParent(Session session, KernelUnderTest target) {
    int device = session.bind(session.open(target.anyDevice()));
    int ioas = session.ioas();
    IommuHwptAlloc reserved = new IommuHwptAlloc();
    reserved.dev_id = device;
    reserved.pt_id = ioas;
    reserved.__reserved = 1;
    IommuHwptAlloc data = new IommuHwptAlloc();
    data.dev_id = device;
    data.pt_id = ioas;
    data.data(new IommuHwptArmSmmuv3());

    assertFails(Errno.EOPNOTSUPP, () -> session.hwpt(device, ioas, UNKNOWN_FLAG));
    assertFails(Errno.EOPNOTSUPP, () -> reserved.call(session.iommu()));
    assertFails(Errno.EOPNOTSUPP, () -> data.call(session.iommu()));
  }

  @Test
  void nestedPageTable(Session session, KernelUnderTest target) {
    int device = session.bind(session.open(target.anyDevice()));
    int viommu = session.viommu(device);
    IommuHwptAlloc request = new IommuHwptAlloc();
    request.flags = IommuHwptAlloc.IOMMU_HWPT_ALLOC_NEST_PARENT;
    request.dev_id = device;
    request.pt_id = viommu;
    request.data(new IommuHwptArmSmmuv3());

    assertFails(Errno.EOPNOTSUPP, () -> request.call(session.iommu()));
    assertFails(Errno.EOPNOTSUPP, () -> session.hwpt(device, viommu, 0));
  }

  @Test
  void viommu(Session session, KernelUnderTest target) {
    int device = session.bind(session.open(target.anyDevice()));
    int parent = session.nestingParent(device, session.ioas());
    IommuViommuAlloc flags = viommuOf(device, parent);
    flags.flags = UNKNOWN_FLAG;
    IommuViommuAlloc type = viommuOf(device, parent);
    type.type = 77;

    assertFails(Errno.EOPNOTSUPP, () -> flags.call(session.iommu()));
    assertFails(Errno.EOPNOTSUPP, () -> type.call(session.iommu()));
  }

  @Test
  void hardwareInfo(Session session, KernelUnderTest target) {
    IommuHwInfo reserved = new IommuHwInfo();
    reserved.dev_id = session.bind(session.open(target.anyDevice()));
    reserved.__reserved[1] = 1;

    assertFails(Errno.EOPNOTSUPP, () -> reserved.call(session.iommu()));
  }

  @Test
  void vfio(Session session, KernelUnderTest target) {
    Descriptor file = session.open(target.anyDevice());
    VfioDeviceBindIommufd bind = new VfioDeviceBindIommufd();
    bind.iommufd = session.iommu().fd();
    bind.flags = UNKNOWN_FLAG;
    assertFails(Errno.EINVAL, () -> bind.call(file));

    int device = session.bind(file);
    VfioDeviceAttachIommufdPt attach = new VfioDeviceAttachIommufdPt();
    attach.pt_id = session.nested(device, session.viommu(device), Vste.bypass());
    attach.flags = UNKNOWN_FLAG;
    VfioDeviceDetachIommufdPt detach = new VfioDeviceDetachIommufdPt();
    detach.flags = UNKNOWN_FLAG;
    VfioDeviceDetachIommufdPt tooShort = new VfioDeviceDetachIommufdPt();
    tooShort.argsz = 4;

    assertFails(Errno.EINVAL, () -> attach.call(file));
    assertFails(Errno.EINVAL, () -> detach.call(file));
    assertFails(Errno.EINVAL, () -> tooShort.call(file));
  }

  private static IommuIoasMap readable(Session session, int ioas) {
    IommuIoasMap request = new IommuIoasMap();
    request.flags = IommuIoasMap.IOMMU_IOAS_MAP_READABLE;
    request.ioas_id = ioas;
    request.user_va = session.userMemory();
    request.length = PAGE;
    return request;
  }

  private static IommuViommuAlloc viommuOf(int device, int parent) {
    IommuViommuAlloc request = new IommuViommuAlloc();
    request.type = IommuViommuAlloc.IOMMU_VIOMMU_TYPE_ARM_SMMUV3;
    request.dev_id = device;
    request.hwpt_id = parent;
    return request;
  }
}
