package io.vsmmu.standin.kubelet;

/** A pod is rejected: too few devices, or its plugin failed to allocate them. */
public final class AdmissionException extends Exception {
  private static final long serialVersionUID = 1L;

  AdmissionException(String message) {
    super(message);
  }

  AdmissionException(String message, Throwable cause) {
    super(message, cause);
  }
}
