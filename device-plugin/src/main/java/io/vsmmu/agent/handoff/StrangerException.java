package io.vsmmu.agent.handoff;

/** A client is not the container that the devices belong to, or cannot be shown to be. */
public final class StrangerException extends Exception {
  private static final long serialVersionUID = 1L;

  StrangerException(String message) {
    super(message);
  }

  StrangerException(String message, Throwable cause) {
    super(message, cause);
  }
}
