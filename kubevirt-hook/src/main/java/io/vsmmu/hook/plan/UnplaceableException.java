package io.vsmmu.hook.plan;

/**
 * A domain whose devices cannot be put behind vSMMUs; the message says which, why, and the cure.
 */
public final class UnplaceableException extends Exception {

  private static final long serialVersionUID = 1L;

  UnplaceableException(String message) {
    super(message);
  }
}
