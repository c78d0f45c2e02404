package io.vsmmu.lab.vm.launcher;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import org.jspecify.annotations.Nullable;

/** Functions of libvirt's library; libvirt.org/html documents each. */
final class LibvirtLibrary {

  /** VIR_DOMAIN_DEFINE_VALIDATE: the domain must be valid by libvirt's schema. */
  static final int DEFINE_VALIDATE = 1;

  /** VIR_DOMAIN_START_PAUSED. */
  static final int START_PAUSED = 1;

  static {
    Native.register(LibvirtLibrary.class, "libvirt.so.0");
  }

  private LibvirtLibrary() {}

  static native @Nullable Pointer virConnectOpen(String uri);

  static native int virConnectClose(Pointer connection);

  static native int virConnectGetLibVersion(Pointer connection, long[] version);

  static native int virConnectGetVersion(Pointer connection, long[] version);

  static native @Nullable Pointer virDomainDefineXMLFlags(
      Pointer connection, String xml, int flags);

  static native int virDomainFDAssociate(
      Pointer domain, String name, int count, int[] fds, int flags);

  static native int virDomainCreateWithFlags(Pointer domain, int flags);

  static native int virDomainResume(Pointer domain);

  static native int virDomainGetState(Pointer domain, int[] state, int[] reason, int flags);

  static native @Nullable Pointer virDomainGetXMLDesc(Pointer domain, int flags);

  static native int virDomainFree(Pointer domain);

  static native @Nullable String virGetLastErrorMessage();
}
