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
   * @throws io.vsmmu.iommufd.kernel.KernelException EFAULT when the memory is not the process's
   */
  byte[] read(long address, int length);

  /**
   * Copies to the process.
   *
   * @param address in the process
   * @throws io.vsmmu.iommufd.kernel.KernelException EFAULT when the memory is not the process's
   */
  void write(long address, byte[] bytes);
}
