package io.vsmmu.iommufd.conformance;

import static io.vsmmu.iommufd.conformance.Session.PAGE;
import static io.vsmmu.iommufd.conformance.Session.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.uapi.IommuIoasMap;
import org.junit.jupiter.api.Test;

/** Mappings of an address space. */
@Conformance
class AddressSpaceTest {

  @Test
  void overlap(Session session) {
    int ioas = session.ioas();
    session.map(ioas, 2 * PAGE);

    assertFails(Errno.EEXIST, () -> session.map(ioas, 2 * PAGE));

    session.map(ioas, 3 * PAGE);
    session.map(ioas, PAGE);
  }

  @Test
  void noLength(Session session) {
    int ioas = session.ioas();

    assertFails(Errno.EINVAL, () -> session.map(ioas, PAGE, 0));
  }

  @Test
  void aPageTableWantsWholePages(Session session, KernelUnderTest target) {
    int ioas = session.ioas();
    session.nestingParent(session.bind(session.open(target.anyDevice())), ioas);

    assertFails(Errno.EINVAL, () -> session.map(ioas, PAGE + 8));
    assertFails(Errno.EINVAL, () -> session.map(ioas, PAGE, PAGE + 8));

    session.map(ioas, PAGE);
  }

  @Test
  void neitherReadableNorWritable(Session session) {
    IommuIoasMap request = new IommuIoasMap();
    request.ioas_id = session.ioas();
    request.length = PAGE;

    assertFails(Errno.EINVAL, () -> request.call(session.iommu()));
  }

  @Test
  void unknownAddressSpace(Session session) {
    assertFails(Errno.ENOENT, () -> session.map(9999, PAGE));
    assertFails(Errno.ENOENT, () -> session.unmap(9999, PAGE, PAGE));
  }

  @Test
  void unmapOfNothingOrOfAPart(Session session) {
    int ioas = session.ioas();
    session.map(ioas, PAGE);

    assertFails(Errno.ENOENT, () -> session.unmap(ioas, 5 * PAGE, PAGE));
    assertFails(Errno.ENOENT, () -> session.unmap(ioas, PAGE, PAGE / 2));
    assertFails(Errno.EINVAL, () -> session.unmap(ioas, PAGE, 0));

    assertThat(session.unmap(ioas, PAGE, PAGE)).isEqualTo(PAGE);
  }

  @Test
  void unmapOfSeveral(Session session) {
    int ioas = session.ioas();
    session.map(ioas, PAGE);
    session.map(ioas, 4 * PAGE);
    session.map(ioas, 9 * PAGE);

    assertThat(session.unmap(ioas, 0, 5 * PAGE)).isEqualTo(2 * PAGE);
    assertThat(session.unmap(ioas, 0, -1)).isEqualTo(PAGE);
    assertThat(session.unmap(ioas, 0, -1)).isZero();
  }

  @Test
  void anAddressChosenByTheKernel(Session session) {
    int ioas = session.ioas();
    session.map(ioas, PAGE);
    IommuIoasMap request = new IommuIoasMap();
    request.flags = IommuIoasMap.IOMMU_IOAS_MAP_READABLE;
    request.ioas_id = ioas;
    request.user_va = session.userMemory();
    request.length = PAGE;

    request.call(session.iommu());

    assertThat(session.unmap(ioas, request.iova, PAGE)).isEqualTo(PAGE);
  }
}
