package io.vsmmu.hook.machine;

/**
 * A VirtualMachineInstance that is no JSON, or has an annotation with a value that means nothing.
 */
public final class InvalidMachineException extends Exception {

  private static final long serialVersionUID = 1L;

  InvalidMachineException(String message) {
    super(message);
  }
}
