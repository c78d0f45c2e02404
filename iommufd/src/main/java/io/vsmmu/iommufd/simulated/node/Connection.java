package io.vsmmu.iommufd.simulated.node;

import io.vsmmu.iommufd.fdpass.UnixSocket;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import io.vsmmu.iommufd.simulated.OpenFile;
import io.vsmmu.iommufd.simulated.SimulatedMachine;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection, which is an open file once it was opened. The file lives as long as a
 * client holds the connection or a request on it is under way.
 */
final class Connection {
  private final UnixSocket socket;
  private final long identity;
  private final SimulatedMachine machine;
  private @Nullable OpenFile file;
  private int users = 1;
  private final CountDownLatch ended = new CountDownLatch(1);

  Connection(UnixSocket socket, long identity, SimulatedMachine machine) {
    this(socket, identity, machine, null);
  }

  /**
   * @param file what was opened already, if anything
   */
  Connection(UnixSocket socket, long identity, SimulatedMachine machine, @Nullable OpenFile file) {
    this.socket = socket;
    this.identity = identity;
    this.machine = machine;
    this.file = file;
  }

  UnixSocket socket() {
    return socket;
  }

  /** A number that no other connection has had. */
  long identity() {
    return identity;
  }

  synchronized void open(java.nio.file.Path device) {
    if (file != null) {
      throw new KernelException("open " + device + " on an open file", Errno.EBUSY);
    }
    file = machine.open(device);
  }

  /**
   * @throws KernelException ENOTTY when nothing was opened on this connection
   */
  synchronized OpenFile file() {
    if (file == null) {
      throw new KernelException("request on a connection that is no open file", Errno.ENOTTY);
    }
    return file;
  }

  /** Null before the file was opened and after it was released. */
  synchronized @Nullable OpenFile fileIfOpen() {
    return file;
  }

  synchronized void retain() {
    users++;
  }

  /** Gives up one use; the last one releases the file. */
  void release() {
    // Not while this is locked: a machine at work on a request is locked, and asks for files here.
    OpenFile left = leave();
    if (left != null) {
      machine.release(left);
    }
  }

  /** The file, when nobody uses it any more. */
  private synchronized @Nullable OpenFile leave() {
    users--;
    if (users > 0) {
      return null;
    }
    socket.close();
    OpenFile left = file;
    file = null;
    return left;
  }

  /** Lets whoever waits for its next request see its end. */
  synchronized void shutdown() {
    if (users > 0) {
      socket.shutdown();
    }
  }

  /** Whether every client has closed it, and the node has not taken note of that to the end. */
  synchronized boolean isLeft() {
    return ended.getCount() > 0 && (users == 0 || socket.isHungUp());
  }

  /** Gives up the use of those who held it. */
  void end() {
    try {
      release();
    } finally {
      ended.countDown();
    }
  }

  /**
   * @throws KernelException EINTR
   */
  void awaitEnd() {
    try {
      ended.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KernelException("waiting for a file to be closed", Errno.EINTR);
    }
  }
}
