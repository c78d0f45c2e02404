package io.vsmmu.iommufd.kernel;

/** A system call failed. Carries the error number as it was read right after the call. */
public final class KernelException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Errno errno;

  /**
   * For a call that failed.
   *
   * @param call what was called on what, e.g. {@code open /dev/iommu}
   */
  public KernelException(String call, Errno errno) {
    super(call + ": " + errno);
    this.errno = errno;
  }

  /** The error number of the call. */
  public Errno errno() {
    return errno;
  }
}
