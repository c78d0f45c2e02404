package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;

/** Says why the machine refuses; the reason is for whoever debugs, the caller sees the errno. */
final class Fail {
  private Fail() {}

  static KernelException with(Errno errno, String reason) {
    return new KernelException(reason, errno);
  }

  static void when(boolean refused, Errno errno, String reason) {
    if (refused) {
      throw with(errno, reason);
    }
  }
}
