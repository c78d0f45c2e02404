package io.vsmmu.iommufd.uevent;

import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;

/** The C library's calls for a netlink socket; section 2 of the manual, and netlink(7). */
final class LibC {
  static {
    Native.register(LibC.class, "c");
  }

  private LibC() {}

  static native int socket(int domain, int type, int protocol);

  static native int bind(int fd, Pointer address, int length);

  static native NativeLong recv(int fd, Pointer buffer, NativeLong length, int flags);

  static native int eventfd(int value, int flags);

  static native NativeLong write(int fd, Pointer bytes, NativeLong length);

  static native int poll(Pointer fds, NativeLong count, int timeout);

  static native int close(int fd);
}
