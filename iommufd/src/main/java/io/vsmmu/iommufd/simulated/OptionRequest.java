package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.simulated.KernelObject.AddressSpace;
import io.vsmmu.iommufd.uapi.IommuOption;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Options of a context and of an address space. */
final class OptionRequest {
  private static final int OFFSET_OF_VALUE = 16;

  private OptionRequest() {}

  static void run(IommuCall<IommuOption> call) {
    IommuOption request = call.request();
    Fail.when(request.__reserved != 0, Errno.EOPNOTSUPP, "reserved field");
    switch (request.option_id) {
      case IommuOption.IOMMU_OPTION_RLIMIT_MODE -> rlimitMode(call);
      case IommuOption.IOMMU_OPTION_HUGE_PAGES -> hugePages(call);
      default -> throw Fail.with(Errno.EOPNOTSUPP, "option " + request.option_id);
    }
    // Nothing else is answered, also to a SET.
    call.memory()
        .write(
            call.argument() + OFFSET_OF_VALUE,
            ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.nativeOrder())
                .putLong(request.val64)
                .array());
  }

  private static void rlimitMode(IommuCall<IommuOption> call) {
    IommuOption request = call.request();
    Context context = call.context();
    Fail.when(request.object_id != 0, Errno.EOPNOTSUPP, "object " + request.object_id);
    if (isGet(request)) {
      request.val64 = context.chargesProcess() ? 1 : 0;
      return;
    }
    Fail.when(!call.caller().process().sysResource(), Errno.EPERM, "no CAP_SYS_RESOURCE");
    Fail.when(!context.isFresh(), Errno.EBUSY, "context was used");
    requireBoolean(request);
    context.setChargesProcess(request.val64 == 1);
  }

  private static void hugePages(IommuCall<IommuOption> call) {
    IommuOption request = call.request();
    IovaMap mappings = call.context().get(request.object_id, AddressSpace.class).mappings();
    if (isGet(request)) {
      request.val64 = mappings.hugePages() ? 1 : 0;
      return;
    }
    requireBoolean(request);
    mappings.setHugePages(request.val64 == 1);
  }

  private static boolean isGet(IommuOption request) {
    if (request.op == IommuOption.IOMMU_OPTION_OP_GET) {
      return true;
    }
    Fail.when(request.op != IommuOption.IOMMU_OPTION_OP_SET, Errno.EOPNOTSUPP, "op " + request.op);
    return false;
  }

  private static void requireBoolean(IommuOption request) {
    Fail.when(request.val64 != 0 && request.val64 != 1, Errno.EINVAL, "value " + request.val64);
  }
}
