package io.vsmmu.iommufd.fdpass;

import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import org.jspecify.annotations.Nullable;

/** The C library's socket calls, each as its page in section 2 of the manual has it. */
final class LibC {
  static {
    Native.register(LibC.class, "c");
  }

  private LibC() {}

  static native int socket(int domain, int type, int protocol);

  static native int socketpair(int domain, int type, int protocol, int[] pair);

  static native int bind(int fd, Pointer address, int length);

  static native int listen(int fd, int backlog);

  static native int accept4(int fd, @Nullable Pointer address, @Nullable Pointer length, int flags);

  static native int connect(int fd, Pointer address, int length);

  static native int shutdown(int fd, int how);

  static native NativeLong sendmsg(int fd, Pointer message, int flags);

  static native NativeLong recvmsg(int fd, Pointer message, int flags);

  static native int getsockopt(int fd, int level, int name, Pointer value, Pointer length);

  static native int setsockopt(int fd, int level, int name, Pointer value, int length);

  static native int poll(Pointer fds, NativeLong count, int timeout);

  static native int close(int fd);
}
