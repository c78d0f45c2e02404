package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.kernel.Errno;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** The pages that all address spaces of a machine have pinned, by who is charged for them. */
final class PinnedMemory {
  static final long PAGE = 4096;

  private final Map<String, Long> charged = new HashMap<>();
  private long pages;

  /**
   * Who is charged.
   *
   * @param account a user or a process; empty when nobody is
   * @param limit most bytes that the account may have
   */
  record Payer(String account, long limit) {

    /**
     * @param byProcess RLIMIT_MODE of the context
     */
    static Payer of(CallingProcess process, boolean byProcess) {
      if (process.ipcLock()) {
        return new Payer("", CallingProcess.UNLIMITED);
      }
      String account = byProcess ? "process " + process.id() : "uid " + process.uid();
      return new Payer(account, process.lockedMemory());
    }
  }

  /**
   * @throws io.vsmmu.iommufd.kernel.KernelException ENOMEM beyond the limit
   */
  void pin(Payer payer, long more) {
    if (!payer.account().isEmpty()) {
      long sum = charged.getOrDefault(payer.account(), 0L) + more;
      Fail.when(
          sum > payer.limit() / PAGE,
          Errno.ENOMEM,
          "RLIMIT_MEMLOCK of %s is %d bytes".formatted(payer.account(), payer.limit()));
      charged.put(payer.account(), sum);
    }
    pages += more;
  }

  void unpin(Payer payer, long fewer) {
    if (!payer.account().isEmpty()) {
      charged.computeIfPresent(
          payer.account(), (account, sum) -> sum == fewer ? null : sum - fewer);
    }
    pages -= fewer;
  }

  /** Pinned by all, charged or not. */
  long bytes() {
    return Objects.checkIndex(pages, Long.MAX_VALUE / PAGE) * PAGE;
  }
}
