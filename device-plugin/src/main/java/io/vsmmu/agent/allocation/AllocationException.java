package io.vsmmu.agent.allocation;

/** An allocation cannot be made or handed over. The message names device, cause and cure. */
public final class AllocationException extends Exception {

  private static final long serialVersionUID = 1L;

  public AllocationException(String message) {
    super(message);
  }

  public AllocationException(String message, Throwable cause) {
    super(message, cause);
  }
}
