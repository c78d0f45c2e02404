package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.simulated.KernelObject.Nested;
import io.vsmmu.iommufd.simulated.KernelObject.Vdevice;
import io.vsmmu.iommufd.simulated.KernelObject.Viommu;
import io.vsmmu.iommufd.uapi.IommuHwptInvalidate;
import io.vsmmu.iommufd.uapi.IommuViommuArmSmmuv3Invalidate;

/** Commands that a guest gives to its SMMU about what the physical one has cached. */
final class InvalidateRequest {
  private static final int CFGI_CD = 0x05;
  private static final int CFGI_CD_ALL = 0x06;
  private static final int TLBI_NH_ALL = 0x10;
  private static final int TLBI_NH_ASID = 0x11;
  private static final int TLBI_NH_VA = 0x12;
  private static final int TLBI_NH_VAA = 0x13;
  private static final int TLBI_NSNH_ALL = 0x30;
  private static final int ATC_INV = 0x40;

  /** Most that the kernel allocates in one piece holds so many commands. */
  private static final int MOST_COMMANDS = 1 << 18;

  private InvalidateRequest() {}

  static void run(IommuCall<IommuHwptInvalidate> call) {
    int[] done = {0};
    try {
      invalidate(call, done);
    } finally {
      // Also of a request that fails is told how far it came.
      call.request().entry_num = done[0];
      call.respond();
    }
  }

  private static void invalidate(IommuCall<IommuHwptInvalidate> call, int[] done) {
    IommuHwptInvalidate request = call.request();
    Fail.when(request.__reserved != 0, Errno.EOPNOTSUPP, "reserved field");
    Fail.when(
        request.entry_num != 0 && (request.data_uptr == 0 || request.entry_len == 0),
        Errno.EINVAL,
        "entries without data or length");
    KernelObject target =
        call.context()
            .find(request.hwpt_id)
            .orElseThrow(() -> Fail.with(Errno.ENOENT, "no object " + request.hwpt_id));
    switch (target) {
      case Viommu viommu -> invalidate(call, viommu, done);
      // SMMUv3 invalidates by vIOMMU.
      case Nested nested -> throw Fail.with(Errno.EOPNOTSUPP, "page table " + nested.id());
      default -> throw Fail.with(Errno.EINVAL, "object " + target.id() + " has no cache");
    }
  }

  private static void invalidate(IommuCall<IommuHwptInvalidate> call, Viommu viommu, int[] done) {
    IommuHwptInvalidate request = call.request();
    int count = request.entry_num;
    Fail.when(Integer.compareUnsigned(count, MOST_COMMANDS) > 0, Errno.ENOMEM, count + " commands");
    Fail.when(
        request.data_type != IommuHwptInvalidate.IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3
            || count == 0,
        Errno.EINVAL,
        "commands of another type, or none");
    IommuViommuArmSmmuv3Invalidate[] commands = new IommuViommuArmSmmuv3Invalidate[count];
    for (int i = 0; i < count; i++) {
      commands[i] = new IommuViommuArmSmmuv3Invalidate();
      Arguments.copy(
          call.memory(),
          request.data_uptr + (long) i * request.entry_len,
          request.entry_len,
          commands[i]);
    }
    for (IommuViommuArmSmmuv3Invalidate command : commands) {
      check(call.context(), viommu, command);
      done[0]++;
    }
  }

  private static void check(
      Context context, Viommu viommu, IommuViommuArmSmmuv3Invalidate command) {
    int opcode = (int) command.cmd[0] & 0xff;
    switch (opcode) {
      case TLBI_NSNH_ALL, TLBI_NH_ALL, TLBI_NH_ASID, TLBI_NH_VA, TLBI_NH_VAA -> {}
      case ATC_INV, CFGI_CD, CFGI_CD_ALL -> {
        long virtualStreamId = command.cmd[0] >>> 32;
        Fail.when(
            context
                .all(Vdevice.class)
                .noneMatch(link -> link.viommu() == viommu && link.virtId() == virtualStreamId),
            Errno.EIO,
            "no vDEVICE 0x" + Long.toHexString(virtualStreamId));
      }
      default -> throw Fail.with(Errno.EIO, "command 0x" + Integer.toHexString(opcode));
    }
  }
}
