package io.vsmmu.iommufd;

import io.vsmmu.iommufd.kernel.Errno;
import org.jspecify.annotations.Nullable;

/** A request failed: which one, on what, with which error, and what can be done about it. */
public final class IommuException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String request;
  private final Errno errno;
  private final String object;
  private final String hint;

  IommuException(
      String request, Errno errno, String object, String hint, @Nullable Throwable cause) {
    super(
        request + " on " + object + ": " + errno + (hint.isEmpty() ? "" : " (" + hint + ")"),
        cause);
    this.request = request;
    this.errno = errno;
    this.object = object;
    this.hint = hint;
  }

  /**
   * The request's name in the kernel's header, e.g. {@code IOMMU_VIOMMU_ALLOC}, or {@code open}.
   */
  public String request() {
    return request;
  }

  public Errno errno() {
    return errno;
  }

  /** What the request was made on, e.g. {@code 0000:09:00.0}. */
  public String object() {
    return object;
  }

  /** The same error, explained better. */
  IommuException withHint(String better) {
    return new IommuException(request, errno, object, better, getCause());
  }

  /** The likely cause and what to do; empty when the error speaks for itself. */
  public String hint() {
    return hint;
  }
}
