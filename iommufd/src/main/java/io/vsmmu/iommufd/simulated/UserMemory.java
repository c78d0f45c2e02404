package io.vsmmu.iommufd.simulated;

/**
 * The memory of a process that makes a request. The machine is locked while it reads and writes: an
 * implementation must not call back into the machine and should fail rather than wait for long.
 */
public interface UserMemory {

  /**
   * Copies from the process.
   *
   * @param address in the process
   * @throws io.vsmmu.iommufd.kernel.KernelException EFAULT when the process could not read it
   */
  byte[] read(long address, int length);

  /**
   * Copies to the process.
   *
   * @param address in the process
   * @throws io.vsmmu.iommufd.kernel.KernelException EFAULT when the process could not write it
   */
  void write(long address, byte[] bytes);

  /**
   * Makes sure that all pages of a range can be pinned.
   *
   * @param address in the process
   * @param writable whether they are to be written
   * @throws io.vsmmu.iommufd.kernel.KernelException EFAULT when one of them cannot be
   */
  void requirePinnable(long address, long length, boolean writable);
}
