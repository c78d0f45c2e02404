package io.vsmmu.agent.binding;

/** A function was left where it was. */
public final class BindingException extends Exception {

  private static final long serialVersionUID = 1L;

  /** The reason when the kernel refused halfway. */
  static final String REFUSED = "BindFailed";

  private final String reason;

  BindingException(String reason, String message) {
    super(message);
    this.reason = reason;
  }

  BindingException(String reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /**
   * Whether the function was taken from its driver before it came back to it: then the caller
   * should not just try again.
   */
  public boolean disturbing() {
    return reason.equals(REFUSED);
  }

  /** One CamelCase word. */
  public String reason() {
    return reason;
  }
}
