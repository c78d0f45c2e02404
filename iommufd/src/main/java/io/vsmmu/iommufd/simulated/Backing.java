package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.simulated.PinnedMemory.Payer;

/**
 * The memory behind a mapping.
 *
 * @param start of it: an address or an offset in a file; how it lies in its page matters
 * @param pages that it touches
 * @param pinnable fails when the pages are not there
 */
record Backing(long start, long pages, Payer payer, Runnable pinnable) {

  /** Memory of the caller. Only while its request lasts can be seen whether it is there. */
  static Backing memory(
      UserMemory memory, long address, long length, boolean writable, Payer payer) {
    Fail.when(
        Long.compareUnsigned(address + length, address) < 0,
        Errno.EOVERFLOW,
        "memory wraps around");
    return new Backing(
        address,
        pages(address, length),
        payer,
        () -> memory.requirePinnable(address, length, writable));
  }

  static Backing file(HostFile file, long start, long length, Payer payer) {
    return new Backing(
        start,
        pages(start, length),
        payer,
        () -> {
          Fail.when(!file.memory(), Errno.EINVAL, "no memfd");
          Fail.when(
              Long.compareUnsigned(start + length, file.size()) > 0,
              Errno.EINVAL,
              "beyond the end of the file");
        });
  }

  /** What lies before it in its first page. */
  long offset() {
    return start & PinnedMemory.PAGE - 1;
  }

  private static long pages(long start, long length) {
    long first = Long.divideUnsigned(start, PinnedMemory.PAGE);
    long last = Long.divideUnsigned(start + length - 1, PinnedMemory.PAGE);
    return last - first + 1;
  }
}
