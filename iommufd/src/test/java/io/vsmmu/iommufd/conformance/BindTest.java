package io.vsmmu.iommufd.conformance;

import static io.vsmmu.iommufd.conformance.Session.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.iommufd.kernel.Descriptor;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.uapi.VfioDeviceInfo;
import org.junit.jupiter.api.Test;

/** A device is bound once per open file, and to one context. */
@Conformance
class BindTest {

  @Test
  void notADescriptor(Session session, KernelUnderTest target) {
    Descriptor file = session.open(target.anyDevice());

    assertFails(Errno.EBADF, () -> session.bind(file, 1 << 20));
    assertFails(Errno.EINVAL, () -> session.bind(file, -1));
  }

  @Test
  void notAnIommufd(Session session, KernelUnderTest target) {
    Descriptor file = session.open(target.anyDevice());

    assertFails(Errno.EBADFD, () -> session.bind(file, file.fd()));
    int memory = NativePages.memoryFile(Session.PAGE);
    try {
      assertFails(Errno.EBADFD, () -> session.bind(file, memory));
    } finally {
      NativePages.closeFile(memory);
    }
  }

  @Test
  void oncePerFile(Session session, KernelUnderTest target) {
    Descriptor file = session.open(target.anyDevice());
    session.bind(file);

    assertFails(Errno.EINVAL, () -> session.bind(file));
    assertFails(Errno.EINVAL, () -> session.bind(file, 1 << 20));
  }

  @Test
  void oneFilePerDevice(Session session, KernelUnderTest target) {
    Descriptor first = session.open(target.anyDevice());
    Descriptor second = session.open(target.anyDevice());
    session.bind(first);

    assertFails(Errno.EINVAL, () -> session.bind(second));

    first.close();
    session.bind(second);
  }

  @Test
  void oneContextPerDevice(Session session, KernelUnderTest target) {
    try (Session other = new Session(target)) {
      session.bind(session.open(target.anyDevice()));

      assertFails(Errno.EINVAL, () -> other.bind(other.open(target.anyDevice())));
    }
  }

  @Test
  void aDeviceCanChangeContextsWhenClosed(Session session, KernelUnderTest target) {
    Descriptor file = session.open(target.anyDevice());
    session.bind(file);
    file.close();

    try (Session other = new Session(target)) {
      assertThat(other.bind(other.open(target.anyDevice()))).isEqualTo(1);
    }
  }

  @Test
  void nothingElseBeforeBind(Session session, KernelUnderTest target) {
    Descriptor file = session.open(target.anyDevice());
    int ioas = session.ioas();

    assertFails(Errno.EINVAL, () -> session.attach(file, ioas));
    assertFails(Errno.EINVAL, () -> session.detach(file));
    assertFails(Errno.EINVAL, () -> new VfioDeviceInfo().call(file));
  }

  @Test
  void aBoundDeviceTellsWhatItIs(Session session, KernelUnderTest target) {
    Descriptor file = session.open(target.anyDevice());
    session.bind(file);
    VfioDeviceInfo info = new VfioDeviceInfo();

    info.call(file);

    assertThat(info.flags & VfioDeviceInfo.VFIO_DEVICE_FLAGS_PCI).isNotZero();
    assertThat(info.num_regions).isPositive();
  }
}
