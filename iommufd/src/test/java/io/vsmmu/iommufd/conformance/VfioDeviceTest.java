package io.vsmmu.iommufd.conformance;

import static io.vsmmu.iommufd.conformance.Session.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import io.vsmmu.iommufd.kernel.Descriptor;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.uapi.VfioDeviceBindIommufd;
import io.vsmmu.iommufd.uapi.VfioDeviceInfo;
import io.vsmmu.iommufd.uapi.VfioDeviceReset;
import org.junit.jupiter.api.Test;

/** Requests on a device that are not about page tables. */
@Conformance
class VfioDeviceTest {
  private static final int TOKEN = 1;

  @Test
  void reset(Session session, KernelUnderTest target) {
    Descriptor file = session.open(target.anyDevice());
    assertFails(Errno.EINVAL, () -> VfioDeviceReset.call(file));
    session.bind(file);

    VfioDeviceReset.call(file);
  }

  @Test
  void infoOfPartAndOfNoStructure(Session session, KernelUnderTest target) {
    Descriptor file = session.open(target.anyDevice());
    session.bind(file);
    VfioDeviceInfo shorter = new VfioDeviceInfo();
    shorter.argsz = 12;
    VfioDeviceInfo least = new VfioDeviceInfo();
    least.argsz = 16;

    assertFails(Errno.EINVAL, () -> shorter.call(file));
    assertFails(Errno.EFAULT, () -> file.ioctl(VfioDeviceInfo.REQUEST, null));

    least.call(file);
    assertThat(least.num_regions).isGreaterThanOrEqualTo(9);
    assertThat(least.num_irqs).isEqualTo(5);
    assertThat(least.flags & VfioDeviceInfo.VFIO_DEVICE_FLAGS_RESET).isNotZero();
  }

  @Test
  void aTokenForADeviceWithoutOne(Session session, KernelUnderTest target) {
    Descriptor file = session.open(target.anyDevice());
    VfioDeviceBindIommufd nowhere = new VfioDeviceBindIommufd();
    nowhere.flags = TOKEN;
    nowhere.iommufd = session.iommu().fd();
    Memory token = new Memory(16);
    token.clear();
    VfioDeviceBindIommufd needless = new VfioDeviceBindIommufd();
    needless.flags = TOKEN;
    needless.iommufd = session.iommu().fd();
    needless.token_uuid_ptr = Pointer.nativeValue(token);

    assertFails(Errno.EFAULT, () -> nowhere.call(file));
    assertFails(Errno.EINVAL, () -> needless.call(file));

    session.bind(file);
  }
}
