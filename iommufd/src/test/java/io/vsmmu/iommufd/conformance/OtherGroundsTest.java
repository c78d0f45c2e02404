package io.vsmmu.iommufd.conformance;

import static io.vsmmu.iommufd.conformance.Session.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.kernel.Descriptor;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.smmu.Vste;
import io.vsmmu.iommufd.uapi.VfioDeviceInfo;
import io.vsmmu.iommufd.uapi.VfioDeviceReset;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rows that need hardware, firmware or a kernel of a certain kind. */
@Conformance
class OtherGroundsTest {

  @Test
  @Needs(Ground.DIRECT_REGION)
  void aDirectRegionForbidsBinding(Session session, KernelUnderTest target) {
    assertFails(Errno.EINVAL, () -> session.bind(session.open(target.anyDevice())));
  }

  @Test
  @Needs(Ground.NOT_COHERENT)
  void anSmmuThatIsNotCoherentForbidsBinding(Session session, KernelUnderTest target) {
    assertFails(Errno.EINVAL, () -> session.bind(session.open(target.anyDevice())));
  }

  @Test
  @Needs(Ground.NO_ISOLATED_MSI)
  void interruptsWithoutIsolationForbidBinding(Session session, KernelUnderTest target) {
    assertFails(Errno.EPERM, () -> session.bind(session.open(target.anyDevice())));
  }

  @Test
  @Needs(Ground.NO_WRITE_BACK)
  void withoutForcedWriteBackThereIsNoViommu(Session session, KernelUnderTest target) {
    Descriptor file = session.open(target.anyDevice());
    int device = session.bind(file);
    int parent = session.nestingParent(device, session.ioas());

    assertFails(Errno.EOPNOTSUPP, () -> session.viommu(device, parent));

    // Although all else is there.
    session.attach(file, parent);
  }

  @Test
  @Needs(Ground.CANWBS)
  void thePromiseOfTheFirmwareWillDo(Session session, KernelUnderTest target) {
    session.viommu(session.bind(session.open(target.anyDevice())));
  }

  @Test
  @Needs(Ground.ONE_STAGE)
  void oneStageIsNoParent(Session session, KernelUnderTest target) {
    int device = session.bind(session.open(target.anyDevice()));
    int ioas = session.ioas();

    assertFails(Errno.EOPNOTSUPP, () -> session.nestingParent(device, ioas));
    session.hwpt(device, ioas, 0);
  }

  @Test
  @Needs(Ground.TWO_VMIDS)
  void vmidsComeWithNestingParents(Session session, KernelUnderTest target) {
    int device = session.bind(session.open(target.anyDevice()));
    int ioas = session.ioas();
    int first = session.nestingParent(device, ioas);
    session.viommu(device, first);
    session.viommu(device, first);
    int second = session.nestingParent(device, ioas);

    assertFails(Errno.ENOSPC, () -> session.nestingParent(device, ioas));

    session.destroy(second);
    session.nestingParent(device, ioas);
  }

  @Test
  @Needs(Ground.SHARED_PARENTS)
  void aParentServesSeveralSmmus(Session session, KernelUnderTest target) {
    List<TreeDevice> two = target.twoOfTwoSmmus();
    int here = session.bind(session.open(two.get(0)));
    Descriptor file = session.open(two.get(1));
    int elsewhere = session.bind(file);
    int parent = session.nestingParent(here, session.ioas());
    session.viommu(here, parent);

    int viommu = session.viommu(elsewhere, parent);

    session.attach(file, session.nested(elsewhere, viommu, Vste.bypass()));
  }

  @Test
  @Needs(Ground.NO_RESET)
  void aDeviceThatCannotBeReset(Session session, KernelUnderTest target) {
    Descriptor file = session.open(target.anyDevice());
    session.bind(file);
    VfioDeviceInfo info = new VfioDeviceInfo();
    info.call(file);

    assertThat(info.flags & VfioDeviceInfo.VFIO_DEVICE_FLAGS_RESET).isZero();
    assertFails(Errno.EINVAL, () -> VfioDeviceReset.call(file));
  }

  @Test
  @Needs(Ground.SIBLING_ON_HOST_DRIVER)
  void aGroupIsNotBoundWhileADeviceIsOnAHostDriver(Session session, KernelUnderTest target) {
    TreeDevice device =
        target.all().stream()
            .filter(each -> each.pciAddress().endsWith("0b:00.0"))
            .findFirst()
            .orElseThrow(() -> KernelUnderTest.notProduced("the group's other device"));

    assertFails(Errno.EPERM, () -> session.bind(session.open(device)));
  }
}
