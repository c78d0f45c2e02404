package io.vsmmu.lab.vm.launcher;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A domain that libvirt has defined. */
final class LibvirtDomain implements AutoCloseable {
  private static final int SHUT_OFF = 5;

  private static final int SHUT_OFF_BY_GUEST = 1;
  private static final int SHUT_OFF_DESTROYED = 2;

  private static final int LOOK_MILLIS = 100;

  private final Pointer domain;

  LibvirtDomain(Pointer domain) {
    this.domain = domain;
  }

  /** The domain as libvirt has completed it. */
  String xml() throws LibvirtException {
    var text = LibvirtLibrary.virDomainGetXMLDesc(domain, 0);
    if (text == null) {
      throw LibvirtException.last("libvirt does not show the domain");
    }
    try {
      return text.getString(0, StandardCharsets.UTF_8.name());
    } finally {
      Native.free(Pointer.nativeValue(text));
    }
  }

  /** Gives libvirt an open file under the name that the domain's {@code fdgroup} has. */
  void associate(String name, int fd) throws LibvirtException {
    if (LibvirtLibrary.virDomainFDAssociate(domain, name, 1, new int[] {fd}, 0) < 0) {
      throw LibvirtException.last("libvirt does not take the descriptor for fdgroup " + name);
    }
  }

  /** Starts QEMU; the guest's CPUs do not run yet. */
  void startPaused() throws LibvirtException {
    if (LibvirtLibrary.virDomainCreateWithFlags(domain, LibvirtLibrary.START_PAUSED) < 0) {
      throw LibvirtException.last("the domain does not start");
    }
  }

  /** Lets the guest run. */
  void resume() throws LibvirtException {
    if (LibvirtLibrary.virDomainResume(domain) < 0) {
      throw LibvirtException.last("the domain cannot be resumed");
    }
  }

  /**
   * Waits until libvirt has noticed that QEMU has ended.
   *
   * @return whether the guest has powered itself off, or somebody ended it by libvirt
   */
  boolean awaitEnd(Duration patience) throws LibvirtException, InterruptedException {
    var end = System.nanoTime() + patience.toNanos();
    while (true) {
      var state = new int[1];
      var reason = new int[1];
      if (LibvirtLibrary.virDomainGetState(domain, state, reason, 0) < 0) {
        throw LibvirtException.last("libvirt does not say the domain's state");
      }
      if (state[0] == SHUT_OFF) {
        return reason[0] == SHUT_OFF_BY_GUEST || reason[0] == SHUT_OFF_DESTROYED;
      }
      if (System.nanoTime() - end >= 0) {
        throw new LibvirtException("the guest's console has ended, its domain has not");
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
  }

  @Override
  public void close() {
    LibvirtLibrary.virDomainFree(domain);
  }
}
