package io.vsmmu.agent.receive;

/** Something handed over is not what the manifest says. */
public final class VerificationException extends Exception {
  private static final long serialVersionUID = 1L;

  VerificationException(String message) {
    super(message);
  }
}
