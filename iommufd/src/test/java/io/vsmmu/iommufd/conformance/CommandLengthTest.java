package io.vsmmu.iommufd.conformance;

import static io.vsmmu.iommufd.conformance.Session.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Memory;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.Ioctl;
import io.vsmmu.iommufd.uapi.IommuDestroy;
import io.vsmmu.iommufd.uapi.IommuFaultAlloc;
import io.vsmmu.iommufd.uapi.IommuHwInfo;
import io.vsmmu.iommufd.uapi.IommuHwptAlloc;
import io.vsmmu.iommufd.uapi.IommuHwptInvalidate;
import io.vsmmu.iommufd.uapi.IommuIoasAlloc;
import io.vsmmu.iommufd.uapi.IommuIoasIovaRanges;
import io.vsmmu.iommufd.uapi.IommuIoasMap;
import io.vsmmu.iommufd.uapi.IommuIoasMapFile;
import io.vsmmu.iommufd.uapi.IommuIoasUnmap;
import io.vsmmu.iommufd.uapi.IommuOption;
import io.vsmmu.iommufd.uapi.IommuVdeviceAlloc;
import io.vsmmu.iommufd.uapi.IommuVeventqAlloc;
import io.vsmmu.iommufd.uapi.IommuViommuAlloc;
import io.vsmmu.iommufd.uapi.Request;
import io.vsmmu.iommufd.uapi.VfioDeviceBindIommufd;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Structures that are shorter or longer than the kernel's. */
@Conformance
class CommandLengthTest {

  static Stream<Supplier<Request>> iommufdRequests() {
    return Stream.of(
        IommuDestroy::new,
        IommuIoasAlloc::new,
        IommuIoasIovaRanges::new,
        IommuIoasMap::new,
        IommuIoasMapFile::new,
        IommuIoasUnmap::new,
        IommuOption::new,
        IommuHwptAlloc::new,
        IommuHwInfo::new,
        IommuViommuAlloc::new,
        IommuVdeviceAlloc::new,
        IommuHwptInvalidate::new,
        IommuVeventqAlloc::new,
        IommuFaultAlloc::new);
  }

  @ParameterizedTest
  @MethodSource("iommufdRequests")
  void tooShort(Supplier<Request> blank, Session session) {
    Request request = blank.get();
    request.writeField("size", 4);

    assertFails(Errno.EINVAL, () -> session.iommu().ioctl(request.ioctl(), request.getPointer()));
  }

  @ParameterizedTest
  @MethodSource("iommufdRequests")
  void unknownBytesThatAreSet(Supplier<Request> blank, Session session) {
    Request request = blank.get();
    Memory longer = longer(request);
    longer.setByte(longer.size() - 1, (byte) 1);

    assertFails(Errno.E2BIG, () -> session.iommu().ioctl(request.ioctl(), longer));
  }

  @Test
  void unknownBytesThatAreZero(Session session) {
    IommuIoasAlloc request = new IommuIoasAlloc();
    Memory longer = longer(request);

    session.iommu().ioctl(request.ioctl(), longer);

    assertThat(longer.getInt(8)).isEqualTo(1);
  }

  @ParameterizedTest
  @MethodSource("iommufdRequests")
  void nullPointer(Supplier<Request> blank, Session session) {
    assertFails(Errno.EFAULT, () -> session.iommu().ioctl(blank.get().ioctl(), null));
  }

  @Test
  void unknownRequest(Session session, KernelUnderTest target) {
    Memory argument = new Memory(64);
    argument.clear();
    argument.setInt(0, 64);
    Ioctl unknown = Ioctl.of("unknown", 0xff);
    var device = session.open(target.anyDevice());
    session.bind(device);

    assertFails(Errno.ENOTTY, () -> session.iommu().ioctl(unknown, argument));
    assertFails(Errno.ENOTTY, () -> device.ioctl(unknown, argument));
  }

  @Test
  void bindTooShortOrLong(Session session, KernelUnderTest target) {
    var device = session.open(target.anyDevice());
    VfioDeviceBindIommufd request = new VfioDeviceBindIommufd();
    request.iommufd = session.iommu().fd();
    request.argsz = 12;
    assertFails(Errno.EINVAL, () -> request.call(device));

    request.argsz = request.size();
    Memory longer = longer(request);
    longer.setByte(longer.size() - 1, (byte) 1);
    assertFails(Errno.E2BIG, () -> device.ioctl(request.ioctl(), longer));
  }

  /** The structure with 8 zero bytes after it, and a size that covers them. */
  private static Memory longer(Request request) {
    request.write();
    Memory longer = new Memory(request.size() + 8);
    longer.clear();
    longer.write(0, request.getPointer().getByteArray(0, request.size()), 0, request.size());
    longer.setInt(0, request.size() + 8);
    return longer;
  }
}
