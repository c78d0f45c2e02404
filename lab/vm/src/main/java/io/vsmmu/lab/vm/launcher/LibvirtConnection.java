package io.vsmmu.lab.vm.launcher;

import com.sun.jna.Pointer;

/** A connection to libvirt's daemon. Descriptors associated through it live as long as it does. */
final class LibvirtConnection implements AutoCloseable {
  private static final int MAJOR = 1_000_000;
  private static final int MINOR = 1_000;

  private final Pointer connection;

  private LibvirtConnection(Pointer connection) {
    this.connection = connection;
  }

  /**
   * Connects.
   *
   * @param uri e.g. {@code qemu:///session}
   */
  static LibvirtConnection open(String uri) throws LibvirtException {
    var connection = LibvirtLibrary.virConnectOpen(uri);
    if (connection == null) {
      throw LibvirtException.last("no connection to libvirt at " + uri);
    }
    return new LibvirtConnection(connection);
  }

  /** {@code libvirt 12.8.0 with QEMU 11.1.3}: the daemon's versions. */
  String versions() throws LibvirtException {
    var libvirt = new long[1];
    var qemu = new long[1];
    if (LibvirtLibrary.virConnectGetLibVersion(connection, libvirt) < 0
        || LibvirtLibrary.virConnectGetVersion(connection, qemu) < 0) {
      throw LibvirtException.last("libvirt does not say its version");
    }
    return "libvirt " + dotted(libvirt[0]) + " with QEMU " + dotted(qemu[0]);
  }

  private static String dotted(long version) {
    return version / MAJOR + "." + version % MAJOR / MINOR + "." + version % MINOR;
  }

  /** Defines a domain, which must be valid by libvirt's schema. */
  LibvirtDomain define(String xml) throws LibvirtException {
    var domain =
        LibvirtLibrary.virDomainDefineXMLFlags(connection, xml, LibvirtLibrary.DEFINE_VALIDATE);
    if (domain == null) {
      throw LibvirtException.last("libvirt does not take the domain");
    }
    return new LibvirtDomain(domain);
  }

  @Override
  public void close() {
    LibvirtLibrary.virConnectClose(connection);
  }
}
