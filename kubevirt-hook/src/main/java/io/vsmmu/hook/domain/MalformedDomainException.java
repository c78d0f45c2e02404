package io.vsmmu.hook.domain;

/** A domain that libvirt would not take either. */
public final class MalformedDomainException extends Exception {

  private static final long serialVersionUID = 1L;

  MalformedDomainException(String message) {
    super(message);
  }
}
