package io.vsmmu.iommufd.conformance;

import static io.vsmmu.iommufd.conformance.Session.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.uapi.IommuOption;
import org.junit.jupiter.api.Test;

/** RLIMIT_MODE, as a process with CAP_SYS_RESOURCE sees it. */
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
