package io.vsmmu.agent.handoff;

/** A client said something else than an acknowledgement. */
final class ProtocolException extends Exception {
  private static final long serialVersionUID = 1L;

  ProtocolException(String message) {
    super(message);
  }
}
