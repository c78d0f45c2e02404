package io.vsmmu.iommufd.conformance;

import static io.vsmmu.iommufd.conformance.Session.PAGE;
import static io.vsmmu.iommufd.conformance.Session.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.iommufd.kernel.Descriptor;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.smmu.Vste;
import io.vsmmu.iommufd.uapi.IommuFaultAlloc;
import io.vsmmu.iommufd.uapi.IommuHwptAlloc;
import io.vsmmu.iommufd.uapi.IommuHwptArmSmmuv3;
import io.vsmmu.iommufd.uapi.IommuIoasAlloc;
import io.vsmmu.iommufd.uapi.IommuIoasMap;
import io.vsmmu.iommufd.uapi.IommuIoasUnmap;
import io.vsmmu.iommufd.uapi.IommuOption;
import io.vsmmu.iommufd.uapi.IommuVdeviceAlloc;
import io.vsmmu.iommufd.uapi.IommuVeventqAlloc;
import io.vsmmu.iommufd.uapi.IommuViommuAlloc;
import io.vsmmu.iommufd.uapi.Request;
import io.vsmmu.iommufd.uapi.VfioDeviceAttachIommufdPt;
import io.vsmmu.iommufd.uapi.VfioDeviceBindIommufd;
import org.junit.jupiter.api.Test;

/** What is left of a request whose answer cannot be told: its structure is in read-only memory. */
@Conformance
class AnswerTest {

  @Test
  void objectsAreTakenBack(Session session, KernelUnderTest target) {
    int device = session.bind(session.open(target.anyDevice()));
    int ioas = session.ioas();
    int parent = session.nestingParent(device, ioas);
    int viommu = session.viommu(device, parent);
    IommuHwptAlloc hwpt = new IommuHwptAlloc();
    hwpt.dev_id = device;
    hwpt.pt_id = viommu;
    hwpt.data(new IommuHwptArmSmmuv3());
    IommuViommuAlloc second = new IommuViommuAlloc();
    second.type = IommuViommuAlloc.IOMMU_VIOMMU_TYPE_ARM_SMMUV3;
    second.dev_id = device;
    second.hwpt_id = parent;
    IommuVdeviceAlloc vdevice = new IommuVdeviceAlloc();
    vdevice.viommu_id = viommu;
    vdevice.dev_id = device;

    cannotBeTold(new IommuIoasAlloc(), session.iommu());
    cannotBeTold(hwpt, session.iommu());
    cannotBeTold(second, session.iommu());
    cannotBeTold(vdevice, session.iommu());

    session.destroy(viommu);
    session.destroy(parent);
    session.destroy(ioas);
    assertThat(session.ioas()).isEqualTo(ioas);
    assertThat(session.ioas()).isEqualTo(parent);
  }

  @Test
  void queuesAndTheirDescriptorsAreTakenBack(Session session, KernelUnderTest target) {
    int viommu = session.viommu(session.bind(session.open(target.anyDevice())));
    IommuVeventqAlloc events = new IommuVeventqAlloc();
    events.viommu_id = viommu;
    events.type = IommuVeventqAlloc.IOMMU_VEVENTQ_TYPE_ARM_SMMUV3;
    events.veventq_depth = 1;
    Session.Queue before = session.faultQueue();
    before.file().close();
    session.destroy(before.id());

    cannotBeTold(events, session.iommu());
    cannotBeTold(new IommuFaultAlloc(), session.iommu());

    Session.Queue after = session.faultQueue();
    assertThat(after.id()).isEqualTo(before.id());
    session.destroy(viommu);
  }

  @Test
  void aBindIsTakenBack(Session session, KernelUnderTest target) {
    Descriptor file = session.open(target.anyDevice());
    VfioDeviceBindIommufd request = new VfioDeviceBindIommufd();
    request.iommufd = session.iommu().fd();

    cannotBeTold(request, file);

    assertThat(session.bind(file)).isEqualTo(1);
  }

  @Test
  void anAttachEndsDetached(Session session, KernelUnderTest target) {
    Descriptor file = session.open(target.anyDevice());
    int device = session.bind(file);
    int viommu = session.viommu(device);
    int bypass = session.nested(device, viommu, Vste.bypass());
    int abort = session.nested(device, viommu, Vste.abort());
    session.attach(file, bypass);
    VfioDeviceAttachIommufdPt request = new VfioDeviceAttachIommufdPt();
    request.pt_id = abort;

    cannotBeTold(request, file);

    session.destroy(bypass);
    session.destroy(abort);
  }

  @Test
  void mappingsStay(Session session) {
    int ioas = session.ioas();
    IommuIoasMap map = new IommuIoasMap();
    map.flags = IommuIoasMap.IOMMU_IOAS_MAP_FIXED_IOVA | IommuIoasMap.IOMMU_IOAS_MAP_READABLE;
    map.ioas_id = ioas;
    map.user_va = session.userMemory();
    map.length = PAGE;
    IommuIoasUnmap unmap = new IommuIoasUnmap();
    unmap.ioas_id = ioas;
    unmap.length = PAGE;

    cannotBeTold(map, session.iommu());
    assertFails(Errno.EEXIST, () -> session.map(ioas, 0));

    cannotBeTold(unmap, session.iommu());
    session.map(ioas, 0);
  }

  @Test
  void anOptionIsSet(Session session) {
    IommuOption set = new IommuOption();
    set.option_id = IommuOption.IOMMU_OPTION_HUGE_PAGES;
    set.op = IommuOption.IOMMU_OPTION_OP_SET;
    set.object_id = session.ioas();
    IommuOption get = new IommuOption();
    get.option_id = IommuOption.IOMMU_OPTION_HUGE_PAGES;
    get.op = IommuOption.IOMMU_OPTION_OP_GET;
    get.object_id = set.object_id;
    get.val64 = 7;

    cannotBeTold(set, session.iommu());

    get.call(session.iommu());
    assertThat(get.val64).isZero();
  }

  private static void cannotBeTold(Request request, Descriptor file) {
    request.write();
    byte[] bytes = request.getPointer().getByteArray(0, request.size());
    try (NativePages pages = new NativePages(bytes.length)) {
      pages.start().write(0, bytes, 0, bytes.length);
      pages.makeReadOnly();

      assertFails(Errno.EFAULT, () -> file.ioctl(request.ioctl(), pages.start()));
    }
  }
}
