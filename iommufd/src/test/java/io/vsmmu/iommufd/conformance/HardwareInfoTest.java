package io.vsmmu.iommufd.conformance;

import static io.vsmmu.iommufd.conformance.Session.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.smmu.SmmuCapabilities;
import io.vsmmu.iommufd.uapi.IommuHwInfo;
import io.vsmmu.iommufd.uapi.IommuHwInfoArmSmmuv3;
import org.junit.jupiter.api.Test;

/** What the kernel tells about the SMMU in front of a device. */
@Conformance
class HardwareInfoTest {

  /** {@code IOMMU_HW_INFO_FLAG_INPUT_TYPE}. */
  private static final int INPUT_TYPE = 1;

  @Test
  void registers(Session session, KernelUnderTest target) {
    IommuHwInfoArmSmmuv3 registers = new IommuHwInfoArmSmmuv3();
    IommuHwInfo request = new IommuHwInfo();
    request.dev_id = session.bind(session.open(target.anyDevice()));
    request.data(registers);

    request.call(session.iommu());

    assertThat(request.out_data_type).isEqualTo(IommuHwInfo.IOMMU_HW_INFO_TYPE_ARM_SMMUV3);
    assertThat(request.data_len).isEqualTo(registers.size());
    SmmuCapabilities smmu = SmmuCapabilities.decode(registers.idr, registers.iidr, registers.aidr);
    assertThat(smmu.bothStages()).isTrue();
    assertThat(smmu.granules()).contains("4K");
  }

  @Test
  void aShorterBufferGetsAPartAndALongerOneZeros(Session session, KernelUnderTest target) {
    int device = session.bind(session.open(target.anyDevice()));
    Memory buffer = new Memory(64);

    IommuHwInfo request = into(buffer, 8, device);
    request.call(session.iommu());
    assertThat(request.data_len).isEqualTo(40);
    assertThat(buffer.getByteArray(8, 56)).containsOnly(0xff);

    request = into(buffer, 64, device);
    request.call(session.iommu());
    assertThat(request.data_len).isEqualTo(40);
    assertThat(buffer.getByteArray(40, 24)).containsOnly(0);
  }

  @Test
  void unknownDeviceFlagsAndBuffer(Session session, KernelUnderTest target) {
    int device = session.bind(session.open(target.anyDevice()));
    Memory buffer = new Memory(64);
    IommuHwInfo flags = into(buffer, 40, device);
    flags.flags = 1 << 31;
    IommuHwInfo nowhere = into(buffer, 40, device);
    nowhere.data_uptr = 0;

    assertFails(Errno.ENOENT, () -> into(buffer, 40, 9999).call(session.iommu()));
    assertFails(Errno.EOPNOTSUPP, () -> flags.call(session.iommu()));
    assertFails(Errno.EFAULT, () -> nowhere.call(session.iommu()));
  }

  @Test
  void dataOfTheTypeThatIsAskedFor(Session session, KernelUnderTest target) {
    int device = session.bind(session.open(target.anyDevice()));
    Memory buffer = new Memory(64);
    IommuHwInfo smmu = into(buffer, 40, device);
    smmu.flags = INPUT_TYPE;
    smmu.out_data_type = IommuHwInfo.IOMMU_HW_INFO_TYPE_ARM_SMMUV3;
    IommuHwInfo vtd = into(buffer, 40, device);
    vtd.flags = INPUT_TYPE;
    vtd.out_data_type = IommuHwInfo.IOMMU_HW_INFO_TYPE_INTEL_VTD;

    smmu.call(session.iommu());
    assertFails(Errno.EOPNOTSUPP, () -> vtd.call(session.iommu()));
  }

  @Test
  void dirtyTrackingIsWhatTheRegistersSay(Session session, KernelUnderTest target) {
    Memory buffer = new Memory(64);
    IommuHwInfo request = into(buffer, 40, session.bind(session.open(target.anyDevice())));

    request.call(session.iommu());

    int idr0 = buffer.getInt(8);
    boolean httu = (idr0 >>> 6 & 3) == 2 && (idr0 >>> 4 & 1) == 1;
    assertThat(request.out_capabilities & 1).isEqualTo(httu ? 1 : 0);
  }

  private static IommuHwInfo into(Memory buffer, int length, int device) {
    buffer.setMemory(0, buffer.size(), (byte) 0xff);
    IommuHwInfo request = new IommuHwInfo();
    request.dev_id = device;
    request.data_len = length;
    request.data_uptr = Pointer.nativeValue(buffer);
    return request;
  }
}
