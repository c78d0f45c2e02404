package io.vsmmu.iommufd.uevent;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import io.vsmmu.iommufd.topology.TopologyChanges;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running kernel's news of PCI functions, drivers and VFIO nodes. A container hears them, too,
 * as long as it is in the host's user namespace.
 */
public final class KernelUevents implements TopologyChanges {

  private static final Logger LOG = LoggerFactory.getLogger(KernelUevents.class);

  @Override
  public Watch watch(Runnable changed) throws IOException {
    try {
      return new Listener(UeventSocket.open(), changed);
    } catch (KernelException e) {
      throw new IOException("the kernel's uevents cannot be heard: " + e.getMessage(), e);
    }
  }

  /** Reads the socket until closed. */
  private static final class Listener implements Watch {

    private final UeventSocket socket;
    private final Runnable changed;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Thread thread;

    Listener(UeventSocket socket, Runnable changed) {
      this.socket = socket;
      this.changed = changed;
      this.thread = Thread.ofPlatform().daemon().name("uevents").start(this::run);
    }

    private void run() {
      try {
        while (listen()) {
          changed.run();
        }
      } catch (KernelException e) {
        LOG.error("no uevents are heard any more; devices are only looked at now and then", e);
      }
    }

    /** Waits for an event that matters; false when closed. */
    private boolean listen() {
      while (true) {
        try {
          var message = socket.receive();
          if (message.isEmpty()) {
            return false;
          }
          // Who may forge one (CAP_NET_ADMIN) wins no more than a look at sysfs.
          var event = Uevent.parse(message.get());
          if (event.filter(Uevent::ofTopology).isPresent()) {
            LOG.debug("{}", event.get());
            return true;
          }
        } catch (KernelException e) {
          if (e.errno() != Errno.ENOBUFS) {
            throw e;
          }
          return true; // Events were lost: any may have mattered.
        }
      }
    }

    @Override
    public void close() {
      if (closed.getAndSet(true)) {
        return;
      }
      socket.wake();
      try {
        thread.join();
        socket.close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt(); // The thread is ending; its two descriptors stay open.
      }
    }
  }
}
