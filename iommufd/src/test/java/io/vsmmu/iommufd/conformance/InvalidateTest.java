package io.vsmmu.iommufd.conformance;

import static io.vsmmu.iommufd.conformance.Session.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.smmu.Vste;
import io.vsmmu.iommufd.uapi.IommuHwptInvalidate;
import io.vsmmu.iommufd.uapi.IommuViommuArmSmmuv3Invalidate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A guest's commands about what the SMMU has cached. */
@Conformance
class InvalidateTest {
  private static final long TLBI_NH_ALL = 0x10;
  private static final long TLBI_NSNH_ALL = 0x30;
  private static final long CFGI_CD_ALL = 0x06;
  private static final long CFGI_STE = 0x03;

  private int device;
  private int viommu;

  @BeforeEach
  void viommu(Session session, KernelUnderTest target) {
    device = session.bind(session.open(target.anyDevice()));
    viommu = session.viommu(device);
  }

  @Test
  void ofAddresses(Session session) {
    IommuHwptInvalidate request = commands(TLBI_NH_ALL, TLBI_NSNH_ALL);

    request.call(session.iommu());

    assertThat(request.entry_num).isEqualTo(2);
  }

  @Test
  void ofADeviceThatTheVmDoesNotHave(Session session) {
    IommuHwptInvalidate request = commands(TLBI_NH_ALL, CFGI_CD_ALL | 5L << 32, TLBI_NH_ALL);

    assertFails(Errno.EIO, () -> request.call(session.iommu()));

    request.read();
    assertThat(request.entry_num).isEqualTo(1);

    session.vdevice(viommu, device, 5);
    commands(TLBI_NH_ALL, CFGI_CD_ALL | 5L << 32, TLBI_NH_ALL).call(session.iommu());
  }

  @Test
  void byACommandThatAGuestMayNotGive(Session session) {
    assertFails(Errno.EIO, () -> commands(CFGI_STE).call(session.iommu()));
    assertFails(Errno.EIO, () -> commands(0).call(session.iommu()));
  }

  @Test
  void entriesOfNoNumberTypeOrLength(Session session) {
    IommuHwptInvalidate none = commands(TLBI_NH_ALL);
    none.entry_num = 0;
    IommuHwptInvalidate type = commands(TLBI_NH_ALL);
    type.data_type = 7;
    IommuHwptInvalidate length = commands(TLBI_NH_ALL);
    length.entry_len = 0;
    IommuHwptInvalidate nowhere = commands(TLBI_NH_ALL);
    nowhere.data_uptr = 0;
    IommuHwptInvalidate firstPage = commands(TLBI_NH_ALL);
    firstPage.data_uptr = 8;
    IommuHwptInvalidate reserved = commands(TLBI_NH_ALL);
    reserved.__reserved = 1;

    assertFails(Errno.EINVAL, () -> none.call(session.iommu()));
    assertFails(Errno.EINVAL, () -> type.call(session.iommu()));
    assertFails(Errno.EINVAL, () -> length.call(session.iommu()));
    assertFails(Errno.EINVAL, () -> nowhere.call(session.iommu()));
    assertFails(Errno.EFAULT, () -> firstPage.call(session.iommu()));
    assertFails(Errno.EOPNOTSUPP, () -> reserved.call(session.iommu()));
  }

  @Test
  void entriesLongerThanTheKernelKnows(Session session) {
    Memory entries = new Memory(48);
    entries.clear();
    entries.setLong(0, TLBI_NH_ALL);
    entries.setLong(24, TLBI_NH_ALL);

    IommuHwptInvalidate zeros = ofLength24(entries);
    zeros.call(session.iommu());
    assertThat(zeros.entry_num).isEqualTo(2);

    entries.setLong(40, 1);
    IommuHwptInvalidate unknown = ofLength24(entries);
    assertFails(Errno.E2BIG, () -> unknown.call(session.iommu()));
    unknown.read();
    assertThat(unknown.entry_num).isZero();
  }

  @Test
  void ofWhatHasNoCacheOfItsOwn(Session session) {
    int parent = session.nestingParent(device, session.ioas());
    int nested = session.nested(device, viommu, Vste.bypass());

    assertFails(Errno.EINVAL, () -> of(parent).call(session.iommu()));
    assertFails(Errno.EOPNOTSUPP, () -> of(nested).call(session.iommu()));
    assertFails(Errno.ENOENT, () -> of(9999).call(session.iommu()));
  }

  private IommuHwptInvalidate of(int id) {
    IommuHwptInvalidate request = commands(TLBI_NH_ALL);
    request.hwpt_id = id;
    return request;
  }

  private IommuHwptInvalidate commands(long... words) {
    IommuHwptInvalidate request = new IommuHwptInvalidate();
    request.hwpt_id = viommu;
    IommuViommuArmSmmuv3Invalidate[] commands = request.smmuv3Commands(words.length);
    for (int i = 0; i < words.length; i++) {
      commands[i].cmd[0] = words[i];
    }
    return request;
  }

  private IommuHwptInvalidate ofLength24(Memory entries) {
    IommuHwptInvalidate request = new IommuHwptInvalidate();
    request.hwpt_id = viommu;
    request.data_type = IommuHwptInvalidate.IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3;
    request.data_uptr = Pointer.nativeValue(entries);
    request.entry_len = 24;
    request.entry_num = 2;
    return request;
  }
}
