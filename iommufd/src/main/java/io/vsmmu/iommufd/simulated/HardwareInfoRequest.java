package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.simulated.KernelObject.Device;
import io.vsmmu.iommufd.uapi.IommuHwInfo;
import io.vsmmu.iommufd.uapi.IommuHwInfoArmSmmuv3;
import java.util.Arrays;

/** What an SMMU says about itself. */
final class HardwareInfoRequest {

  /** {@code IOMMU_HW_INFO_FLAG_INPUT_TYPE}: the caller says which type of data it wants. */
  private static final int INPUT_TYPE = 1;

  /** {@code IOMMU_HW_CAP_DIRTY_TRACKING}. */
  private static final int DIRTY_TRACKING = 1;

  private static final int CHUNK = 4096;

  private HardwareInfoRequest() {}

  static void run(IommuCall<IommuHwInfo> call) {
    IommuHwInfo request = call.request();
    Fail.when(
        (request.flags & ~INPUT_TYPE) != 0
            || request.__reserved[0] != 0
            || request.__reserved[1] != 0
            || request.__reserved[2] != 0,
        Errno.EOPNOTSUPP,
        "flags");
    int wanted =
        (request.flags & INPUT_TYPE) != 0
            ? request.out_data_type
            : IommuHwInfo.IOMMU_HW_INFO_TYPE_NONE;
    SimulatedSmmu smmu = call.context().get(request.dev_id, Device.class).function().smmu().smmu();
    Fail.when(
        wanted != IommuHwInfo.IOMMU_HW_INFO_TYPE_NONE
            && wanted != IommuHwInfo.IOMMU_HW_INFO_TYPE_ARM_SMMUV3,
        Errno.EOPNOTSUPP,
        "data of type " + wanted);
    byte[] registers = registers(smmu);
    copy(call.memory(), registers, request.data_uptr, request.data_len);
    request.data_len = registers.length;
    request.out_data_type = IommuHwInfo.IOMMU_HW_INFO_TYPE_ARM_SMMUV3;
    request.out_max_pasid_log2 = 0;
    request.out_capabilities = smmu.tracksDirtyPages() ? DIRTY_TRACKING : 0;
    call.respond();
  }

  private static byte[] registers(SimulatedSmmu smmu) {
    IommuHwInfoArmSmmuv3 registers = new IommuHwInfoArmSmmuv3();
    for (int i = 0; i < registers.idr.length; i++) {
      registers.idr[i] = smmu.idr().get(i);
    }
    registers.iidr = smmu.iidr();
    registers.aidr = smmu.aidr();
    registers.write();
    return registers.getPointer().getByteArray(0, registers.size());
  }

  /** A shorter buffer gets a part, a longer one zeros at its end. */
  private static void copy(UserMemory memory, byte[] from, long to, int room) {
    long left = Integer.toUnsignedLong(room);
    int known = (int) Math.min(left, from.length);
    memory.write(to, Arrays.copyOf(from, known));
    for (long done = known; done < left; done += CHUNK) {
      memory.write(to + done, new byte[(int) Math.min(CHUNK, left - done)]);
    }
  }
}
