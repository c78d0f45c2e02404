package io.vsmmu.iommufd.conformance;

import static io.vsmmu.iommufd.conformance.Session.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.kernel.Descriptor;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.smmu.Vste;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Devices that the SMMU cannot tell apart for sure: one iommu group. */
@Conformance
class GroupTest {

  @Test
  void belongsToOneContext(Session session, KernelUnderTest target) {
    List<TreeDevice> two = target.twoOfOneGroup();
    Descriptor first = session.open(two.get(0));
    session.bind(first);

    try (Session other = new Session(target)) {
      assertFails(Errno.EPERM, () -> other.bind(other.open(two.get(1))));
      first.close();
      other.bind(other.open(two.get(1)));
    }
  }

  @Test
  void isBehindOnePageTable(Session session, KernelUnderTest target) {
    List<TreeDevice> two = target.twoOfOneGroup();
    Descriptor first = session.open(two.get(0));
    Descriptor second = session.open(two.get(1));
    int device = session.bind(first);
    session.bind(second);
    int viommu = session.viommu(device);
    int bypass = session.nested(device, viommu, Vste.bypass());
    int abort = session.nested(device, viommu, Vste.abort());
    session.attach(first, bypass);

    assertFails(Errno.EINVAL, () -> session.attach(second, abort));

    session.attach(second, bypass);
    assertThat(session.attach(first, abort)).isEqualTo(abort);
    session.destroy(bypass);
    session.attach(second, abort);
  }

  @Test
  void translatesWhenAllOfItsDevicesAreKnown(Session session, KernelUnderTest target) {
    List<TreeDevice> two = target.twoOfOneGroup();
    Descriptor first = session.open(two.get(0));
    Descriptor second = session.open(two.get(1));
    int device = session.bind(first);
    int sibling = session.bind(second);
    int viommu = session.viommu(device);
    int translate = session.nested(device, viommu, Vste.translate(0x4000_0000, 0, 0, 0));
    session.vdevice(viommu, device, 1);
    assertFails(Errno.ENOENT, () -> session.attach(first, translate));
    session.vdevice(viommu, sibling, 2);

    session.attach(first, translate);
    session.attach(second, translate);
  }

  @Test
  void staysBoundUntilTheLastDeviceIsClosed(Session session, KernelUnderTest target) {
    List<TreeDevice> two = target.twoOfOneGroup();
    Descriptor first = session.open(two.get(0));
    session.bind(first);
    session.bind(session.open(two.get(1)));
    first.close();

    try (Session other = new Session(target)) {
      assertFails(Errno.EPERM, () -> other.bind(other.open(two.get(0))));
    }
  }
}
