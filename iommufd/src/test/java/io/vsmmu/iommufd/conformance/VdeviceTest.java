package io.vsmmu.iommufd.conformance;

import static io.vsmmu.iommufd.conformance.Session.assertFails;

import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.kernel.Errno;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Links of devices to vIOMMUs. */
@Conformance
class VdeviceTest {

  @Test
  void onePerDevice(Session session, KernelUnderTest target) {
    int device = session.bind(session.open(target.anyDevice()));
    int viommu = session.viommu(device);
    int vdevice = session.vdevice(viommu, device, 1);

    assertFails(Errno.EEXIST, () -> session.vdevice(viommu, device, 2));

    session.destroy(vdevice);
    session.vdevice(viommu, device, 2);
  }

  @Test
  void oneDevicePerVirtualIdOfAViommu(Session session, KernelUnderTest target) {
    List<TreeDevice> two = target.twoOfOneSmmu();
    int first = session.bind(session.open(two.get(0)));
    int second = session.bind(session.open(two.get(1)));
    int viommu = session.viommu(first);
    session.vdevice(viommu, first, 1);

    assertFails(Errno.EEXIST, () -> session.vdevice(viommu, second, 1));

    session.vdevice(viommu, second, 2);
  }

  @Test
  void theSameVirtualIdInTwoViommus(Session session, KernelUnderTest target) {
    List<TreeDevice> two = target.twoOfOneSmmu();
    int first = session.bind(session.open(two.get(0)));
    int second = session.bind(session.open(two.get(1)));

    session.vdevice(session.viommu(first), first, 1);
    session.vdevice(session.viommu(second), second, 1);
  }

  @Test
  void aDeviceOfAnotherSmmu(Session session, KernelUnderTest target) {
    List<TreeDevice> two = target.twoOfTwoSmmus();
    int here = session.bind(session.open(two.get(0)));
    int elsewhere = session.bind(session.open(two.get(1)));
    int viommu = session.viommu(here);

    assertFails(Errno.EINVAL, () -> session.vdevice(viommu, elsewhere, 1));
  }

  @Test
  void unknownIds(Session session, KernelUnderTest target) {
    int device = session.bind(session.open(target.anyDevice()));
    int viommu = session.viommu(device);

    assertFails(Errno.ENOENT, () -> session.vdevice(9999, device, 1));
    assertFails(Errno.ENOENT, () -> session.vdevice(viommu, 9999, 1));
  }

  @Test
  void theKernelTakesIdsThatNoSmmuHas(Session session, KernelUnderTest target) {
    int device = session.bind(session.open(target.anyDevice()));

    session.vdevice(session.viommu(device), device, 1L << 40);
  }
}
