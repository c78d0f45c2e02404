package io.vsmmu.iommufd.kernel;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import org.jspecify.annotations.Nullable;

/** The system calls by the C library. */
final class LibC implements SystemCalls {

  /** struct pollfd. */
  private static final int POLLFD_SIZE = 8;

  @Override
  public int open(String path, int flags) {
    return result(Functions.open(path, flags, 0));
  }

  @Override
  public int close(int fd) {
    return result(Functions.close(fd));
  }

  @Override
  public int ioctl(int fd, int request, @Nullable Pointer argument) {
    return result(Functions.ioctl(fd, new NativeLong(request, true), argument));
  }

  @Override
  public long read(int fd, Pointer buffer, int length) {
    NativeLong count = Functions.read(fd, buffer, new NativeLong(length));
    return count.longValue() < 0 ? -Native.getLastError() : count.longValue();
  }

  @Override
  public long write(int fd, Pointer buffer, int length) {
    NativeLong count = Functions.write(fd, buffer, new NativeLong(length));
    return count.longValue() < 0 ? -Native.getLastError() : count.longValue();
  }

  @Override
  public int poll(int fd, short events, int timeoutMillis) {
    try (Memory pollfd = new Memory(POLLFD_SIZE)) {
      pollfd.setInt(0, fd);
      pollfd.setShort(4, events);
      pollfd.setShort(6, (short) 0);
      int ready = result(Functions.poll(pollfd, new NativeLong(1), timeoutMillis));
      return ready > 0 ? pollfd.getShort(6) : ready;
    }
  }

  /** JNA keeps the error number per thread, from right after the call. */
  private static int result(int returned) {
    return returned < 0 ? -Native.getLastError() : returned;
  }

  /** The C library's entry points; open(2), read(2) and so on. */
  private static final class Functions {
    static {
      Native.register(Functions.class, "c");
    }

    private Functions() {}

    // Variadic in C; Linux passes variadic arguments as fixed ones on x86-64 and aarch64.
    static native int open(String path, int flags, int mode);

    static native int close(int fd);

    static native int ioctl(int fd, NativeLong request, @Nullable Pointer argument);

    static native NativeLong read(int fd, Pointer buffer, NativeLong length);

    static native NativeLong write(int fd, Pointer buffer, NativeLong length);

    static native int poll(Pointer fds, NativeLong count, int timeoutMillis);
  }
}
