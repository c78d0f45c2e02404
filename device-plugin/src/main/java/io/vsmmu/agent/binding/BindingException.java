package io.vsmmu.agent.binding;

/** A function was left where it was. */
public final class BindingException extends Exception {

  private static final long serialVersionUID = 1L;

  private final String reason;

  BindingException(String reason, String message) {
    super(message);
    this.reason = reason;
  }

  BindingException(String reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** One CamelCase word. */
  public String reason() {
    return reason;
  }
}
