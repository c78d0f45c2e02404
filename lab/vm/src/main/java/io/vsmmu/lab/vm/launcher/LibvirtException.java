package io.vsmmu.lab.vm.launcher;

/** libvirt refused; the message has its own words. */
final class LibvirtException extends Exception {
  private static final long serialVersionUID = 1L;

  LibvirtException(String message) {
    super(message);
  }

  /** What the calling thread was just told. */
  static LibvirtException last(String what) {
    return new LibvirtException(what + ": " + LibvirtLibrary.virGetLastErrorMessage());
  }
}
