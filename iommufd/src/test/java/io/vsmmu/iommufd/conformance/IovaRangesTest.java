package io.vsmmu.iommufd.conformance;

import static io.vsmmu.iommufd.conformance.Session.PAGE;
import static io.vsmmu.iommufd.conformance.Session.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.iommufd.kernel.Descriptor;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.uapi.IommuIoasIovaRanges;
import io.vsmmu.iommufd.uapi.IommuIovaRange;
import org.junit.jupiter.api.Test;

/** Where an address space can be mapped. */
@Conformance
class IovaRangesTest {

  @Test
  void anEmptyAddressSpaceTakesAnyAddress(Session session) {
    IommuIoasIovaRanges request = of(session.ioas());
    IommuIovaRange[] ranges = request.room(2);

    request.call(session.iommu());

    assertThat(request.num_iovas).isEqualTo(1);
    assertThat(ranges[0].start).isZero();
    assertThat(ranges[0].last).isEqualTo(-1);
    assertThat(request.out_iova_alignment).isEqualTo(1);
  }

  @Test
  void aPageTableLimitsAddressesAndAsksForPages(Session session, KernelUnderTest target) {
    int ioas = session.ioas();
    int device = session.bind(session.open(target.anyDevice()));
    session.nestingParent(device, ioas);
    IommuIoasIovaRanges request = of(ioas);
    IommuIovaRange[] ranges = request.room(4);

    request.call(session.iommu());

    long last = (1L << session.capabilities(device).oas()) - 1;
    assertThat(request.num_iovas).isEqualTo(1);
    assertThat(ranges[0].last).isEqualTo(last);
    assertThat(request.out_iova_alignment).isGreaterThanOrEqualTo(4096);
    assertFails(Errno.EINVAL, () -> session.map(ioas, last + 1));
  }

  @Test
  void anAttachedDeviceTakesTheMsiWindowOut(Session session, KernelUnderTest target) {
    int ioas = session.ioas();
    Descriptor file = session.open(target.anyDevice());
    session.attach(file, session.nestingParent(session.bind(file), ioas));
    IommuIoasIovaRanges request = of(ioas);
    IommuIovaRange[] ranges = request.room(8);

    request.call(session.iommu());

    assertThat(request.num_iovas).isGreaterThanOrEqualTo(2);
    assertThat(ranges[0].start).isZero();
    assertThat(ranges[0].last).isEqualTo(0x7ff_ffff);
    assertThat(ranges[1].start).isEqualTo(0x810_0000);
  }

  @Test
  void tooLittleRoom(Session session, KernelUnderTest target) {
    int ioas = session.ioas();
    Descriptor file = session.open(target.anyDevice());
    session.attach(file, session.nestingParent(session.bind(file), ioas));
    IommuIoasIovaRanges all = of(ioas);
    all.room(8);
    all.call(session.iommu());

    IommuIoasIovaRanges one = of(ioas);
    one.room(1);
    assertFails(Errno.EMSGSIZE, () -> one.call(session.iommu()));

    one.read();
    assertThat(one.num_iovas).isEqualTo(all.num_iovas);
  }

  @Test
  void refused(Session session) {
    int ioas = session.ioas();
    IommuIoasIovaRanges reserved = of(ioas);
    reserved.room(1);
    reserved.__reserved = 1;
    IommuIoasIovaRanges nowhere = of(ioas);
    nowhere.num_iovas = 1;

    assertFails(Errno.EOPNOTSUPP, () -> reserved.call(session.iommu()));
    assertFails(Errno.EFAULT, () -> nowhere.call(session.iommu()));
    assertFails(Errno.ENOENT, () -> of(9999).call(session.iommu()));
  }

  @Test
  void mappingsThatNoPageTableCouldHold(Session session, KernelUnderTest target) {
    int device = session.bind(session.open(target.anyDevice()));
    int beyond = session.ioas();
    session.map(beyond, 1L << 60);
    int unaligned = session.ioas();
    session.map(unaligned, PAGE + 8);

    assertFails(Errno.EADDRINUSE, () -> session.nestingParent(device, beyond));
    assertFails(Errno.EADDRINUSE, () -> session.nestingParent(device, unaligned));

    session.unmap(beyond, 1L << 60, PAGE);
    session.nestingParent(device, beyond);
  }

  private static IommuIoasIovaRanges of(int ioas) {
    IommuIoasIovaRanges request = new IommuIoasIovaRanges();
    request.ioas_id = ioas;
    return request;
  }
}
