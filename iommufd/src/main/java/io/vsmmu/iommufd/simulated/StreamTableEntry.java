package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.uapi.IommuHwptArmSmmuv3;

/**
 * What the SMMUv3 driver makes of a guest's stream table entry. Written apart from {@code
 * io.vsmmu.iommufd.smmu.Vste}, so that a mistake in one shows against the other.
 */
final class StreamTableEntry {
  private static final long FORBIDDEN_0 = ~0xF80F_FFFF_FFFF_FFFFL;
  private static final long FORBIDDEN_1 = ~0x3800_00FFL;

  private StreamTableEntry() {}

  /** Checks the entry and tells whether it needs a vDEVICE to attach. */
  static boolean translates(UserMemory memory, long address, int length) {
    IommuHwptArmSmmuv3 data = new IommuHwptArmSmmuv3();
    Fail.when(length != data.size(), Errno.EINVAL, "data of " + length + " bytes");
    Arguments.copy(memory, address, length, data);
    long first = data.ste[0];
    long second = data.ste[1];
    if ((first & 1) == 0) {
      return false;
    }
    Fail.when((first & FORBIDDEN_0) != 0 || (second & FORBIDDEN_1) != 0, Errno.EIO, "bits");
    long config = first >> 1 & 7;
    Fail.when(config != 0 && config != 4 && config != 5, Errno.EIO, "Config " + config);
    Fail.when((second >> 28 & 3) > 1, Errno.EIO, "EATS");
    return config == 5;
  }
}
