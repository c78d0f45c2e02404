package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.kernel.Errno;

/** The kinds of open files that a machine has. */
sealed interface MachineFile extends OpenFile permits IommuFile, VfioFile, QueueFile {

  /**
   * What there is to read now.
   *
   * @throws io.vsmmu.iommufd.kernel.KernelException EINVAL for a file that cannot be read
   */
  default byte[] read(int atMost) {
    throw Fail.with(Errno.EINVAL, "read of " + device());
  }

  /**
   * Takes what is written.
   *
   * @return bytes taken
   * @throws io.vsmmu.iommufd.kernel.KernelException EINVAL for a file that cannot be written
   */
  default int write(byte[] bytes) {
    throw Fail.with(Errno.EINVAL, "write to " + device());
  }

  /** Whether poll finds the file readable; so it does with every file that knows no poll. */
  default boolean isReadable() {
    return true;
  }
}
