package io.vsmmu.iommufd.conformance;

import static io.vsmmu.iommufd.conformance.Session.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.uapi.IommuOption;
import org.junit.jupiter.api.Test;

/** Options, as a process with CAP_SYS_RESOURCE sees them. */
@Conformance
class ContextOptionTest {

  @Test
  void aFreshContextChargesTheUserUntilToldOtherwise(Session session) {
    assertThat(get(session)).isZero();

    set(1).call(session.iommu());
    assertThat(get(session)).isEqualTo(1);

    set(0).call(session.iommu());
    assertThat(get(session)).isZero();
  }

  @Test
  void aUsedContextKeepsItsMode(Session session) {
    session.ioas();

    assertFails(Errno.EBUSY, () -> set(1).call(session.iommu()));
  }

  @Test
  void aContextThatIsEmptyAgainCanChange(Session session) {
    session.destroy(session.ioas());

    set(1).call(session.iommu());
  }

  @Test
  void unknownOptionOperationAndValue(Session session) {
    IommuOption unknown = set(1);
    unknown.option_id = 99;
    IommuOption operation = set(1);
    operation.op = 99;

    assertFails(Errno.EOPNOTSUPP, () -> unknown.call(session.iommu()));
    assertFails(Errno.EOPNOTSUPP, () -> operation.call(session.iommu()));
    assertFails(Errno.EINVAL, () -> set(2).call(session.iommu()));
  }

  @Test
  void anAddressSpaceMapsHugePagesUntilToldOtherwise(Session session) {
    int ioas = session.ioas();
    assertThat(getHugePages(session, ioas)).isEqualTo(1);

    hugePages(ioas, 0).call(session.iommu());

    assertThat(getHugePages(session, ioas)).isZero();
    assertFails(Errno.EINVAL, () -> session.map(ioas, Session.PAGE + 8));
    hugePages(ioas, 1).call(session.iommu());
    session.map(ioas, Session.PAGE + 8);
  }

  @Test
  void mappingsOfHugePagesAreNotSplit(Session session, KernelUnderTest target) {
    int ioas = session.ioas();
    session.nestingParent(session.bind(session.open(target.anyDevice())), ioas);
    session.map(ioas, 0);

    assertFails(Errno.EINVAL, () -> hugePages(ioas, 0).call(session.iommu()));

    session.unmap(ioas, 0, -1);
    hugePages(ioas, 0).call(session.iommu());
  }

  @Test
  void mappingsOfNoWholePagesStandAgainstPages(Session session) {
    int ioas = session.ioas();
    session.map(ioas, Session.PAGE + 8);

    assertFails(Errno.EADDRINUSE, () -> hugePages(ioas, 0).call(session.iommu()));
  }

  @Test
  void hugePagesOfNoAddressSpace(Session session) {
    int ioas = session.ioas();
    IommuOption operation = hugePages(ioas, 0);
    operation.op = 99;

    assertFails(Errno.ENOENT, () -> hugePages(9999, 0).call(session.iommu()));
    assertFails(Errno.ENOENT, () -> hugePages(0, 0).call(session.iommu()));
    assertFails(Errno.EINVAL, () -> hugePages(ioas, 2).call(session.iommu()));
    assertFails(Errno.EOPNOTSUPP, () -> operation.call(session.iommu()));
  }

  private static IommuOption hugePages(int ioas, long value) {
    IommuOption request = set(value);
    request.option_id = IommuOption.IOMMU_OPTION_HUGE_PAGES;
    request.object_id = ioas;
    return request;
  }

  private static long getHugePages(Session session, int ioas) {
    IommuOption request = hugePages(ioas, 7);
    request.op = IommuOption.IOMMU_OPTION_OP_GET;
    request.call(session.iommu());
    return request.val64;
  }

  private static long get(Session session) {
    IommuOption request = new IommuOption();
    request.option_id = IommuOption.IOMMU_OPTION_RLIMIT_MODE;
    request.op = IommuOption.IOMMU_OPTION_OP_GET;
    request.call(session.iommu());
    return request.val64;
  }

  private static IommuOption set(long value) {
    IommuOption request = new IommuOption();
    request.option_id = IommuOption.IOMMU_OPTION_RLIMIT_MODE;
    request.op = IommuOption.IOMMU_OPTION_OP_SET;
    request.val64 = value;
    return request;
  }
}
