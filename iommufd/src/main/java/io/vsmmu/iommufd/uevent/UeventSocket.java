package io.vsmmu.iommufd.uevent;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A netlink socket in the kernel's uevent group, and a way to wake the thread that waits on it. One
 * thread receives and closes; any may {@link #wake}.
 */
final class UeventSocket implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(UeventSocket.class);

  private static final int AF_NETLINK = 16;
  private static final int SOCK_DGRAM = 2;
  private static final int CLOEXEC = 02000000;
  private static final int NETLINK_KOBJECT_UEVENT = 15;
  private static final int KERNEL_GROUP = 1;
  private static final int MSG_DONTWAIT = 0x40;
  private static final short POLLIN = 1;

  // struct sockaddr_nl, struct pollfd
  private static final int SOCKADDR_SIZE = 12;
  private static final int NL_GROUPS = 8;
  private static final int POLLFD_SIZE = 8;
  private static final int POLLFD_EVENTS = 4;

  /** UEVENT_BUFFER_SIZE is 2048 bytes, and the header comes on top. */
  private static final int LONGEST = 8192;

  private final int socket;
  private final int waker;
  private final Memory buffer = new Memory(LONGEST);

  private UeventSocket(int socket, int waker) {
    this.socket = socket;
    this.waker = waker;
  }

  /**
   * Joins the group; needs no privilege.
   *
   * @throws KernelException what socket(2), bind(2) or eventfd(2) gives
   */
  static UeventSocket open() {
    int socket =
        check(
            "socket(AF_NETLINK, NETLINK_KOBJECT_UEVENT)",
            LibC.socket(AF_NETLINK, SOCK_DGRAM | CLOEXEC, NETLINK_KOBJECT_UEVENT));
    try (var address = new Memory(SOCKADDR_SIZE)) {
      address.clear();
      address.setShort(0, (short) AF_NETLINK);
      address.setInt(NL_GROUPS, KERNEL_GROUP);
      check("bind of the uevent socket", LibC.bind(socket, address, SOCKADDR_SIZE));
      return new UeventSocket(socket, check("eventfd", LibC.eventfd(0, CLOEXEC)));
    } catch (RuntimeException e) {
      closed(socket);
      throw e;
    }
  }

  /**
   * Waits for a message.
   *
   * @return empty when woken
   * @throws KernelException ENOBUFS when messages were lost; the socket goes on
   */
  Optional<byte[]> receive() {
    try (var fds = new Memory(2L * POLLFD_SIZE)) {
      while (true) {
        fds.clear();
        fds.setInt(0, socket);
        fds.setShort(POLLFD_EVENTS, POLLIN);
        fds.setInt(POLLFD_SIZE, waker);
        fds.setShort(POLLFD_SIZE + POLLFD_EVENTS, POLLIN);
        if (LibC.poll(fds, new NativeLong(2), -1) < 0) {
          failUnlessTransient("poll of the uevent socket");
          continue;
        }
        if (fds.getShort(POLLFD_SIZE + POLLFD_EVENTS + 2) != 0) {
          return Optional.empty();
        }
        int length = LibC.recv(socket, buffer, new NativeLong(LONGEST), MSG_DONTWAIT).intValue();
        if (length >= 0) {
          return Optional.of(buffer.getByteArray(0, length));
        }
        failUnlessTransient("recv of a uevent");
      }
    }
  }

  /** Makes {@link #receive} return, now and from now on. */
  void wake() {
    try (var one = new Memory(Long.BYTES)) {
      one.setLong(0, 1);
      check("write to an eventfd", LibC.write(waker, one, new NativeLong(Long.BYTES)).intValue());
    }
  }

  @Override
  public void close() {
    closed(socket);
    closed(waker);
    buffer.close();
  }

  private static void closed(int fd) {
    if (LibC.close(fd) < 0) {
      LOG.warn("close of descriptor {}: {}", fd, lastErrno());
    }
  }

  private static void failUnlessTransient(String call) {
    var errno = lastErrno();
    if (errno != Errno.EINTR && errno != Errno.EAGAIN) {
      throw new KernelException(call, errno);
    }
  }

  private static int check(String call, int result) {
    if (result < 0) {
      throw new KernelException(call, lastErrno());
    }
    return result;
  }

  private static Errno lastErrno() {
    return Errno.of(Native.getLastError());
  }
}
