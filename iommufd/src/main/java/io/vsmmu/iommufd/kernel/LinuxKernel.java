package io.vsmmu.iommufd.kernel;

import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The running Linux kernel. Error numbers are read on the calling thread right after the call. */
public final class LinuxKernel implements Kernel {
  private static final int O_RDWR = 02;
  private static final int O_CLOEXEC = 02000000;

  @Override
  public int open(Path device) {
    while (true) {
      int fd = LibC.open(device.toString(), O_RDWR | O_CLOEXEC, 0);
      if (fd >= 0) {
        return fd;
      }
      Errno errno = lastErrno();
      if (errno != Errno.EINTR) {
        throw new KernelException("open " + device, errno);
      }
    }
  }

  @Override
  public void close(int fd) {
    if (LibC.close(fd) < 0) {
      Errno errno = lastErrno();
      // Linux has released the number before a close can be interrupted; again would be another's.
      if (errno != Errno.EINTR) {
        throw new KernelException("close of descriptor " + fd, errno);
      }
    }
  }

  @Override
  public void ioctl(int fd, Ioctl request, @Nullable Pointer argument) {
    while (LibC.ioctl(fd, new NativeLong(request.number()), argument) < 0) {
      Errno errno = lastErrno();
      if (errno != Errno.EINTR || !request.restartable()) {
        throw new KernelException(
            String.format(Locale.ROOT, "%s on descriptor %d", request.name(), fd), errno);
      }
    }
  }

  private static Errno lastErrno() {
    return Errno.of(Native.getLastError());
  }

  /** The C library's entry points; open(2), close(2), ioctl(2). */
  private static final class LibC {
    static {
      Native.register(LibC.class, "c");
    }

    private LibC() {}

    // Variadic in C; Linux passes variadic arguments as fixed ones on x86-64 and aarch64.
    static native int open(String path, int flags, int mode);

    static native int close(int fd);

    static native int ioctl(int fd, NativeLong request, @Nullable Pointer argument);
  }
}
