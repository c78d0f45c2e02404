package io.vsmmu.iommufd.kernel;

import com.sun.jna.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * The system calls as the kernel answers them: a negative result is an error number, read on the
 * calling thread before anything else could change it.
 */
interface SystemCalls {

  /** Returned in place of {@code -errno} of that number. */
  static int failure(Errno errno) {
    return -errno.number();
  }

  int open(String path, int flags);

  int close(int fd);

  int ioctl(int fd, int request, @Nullable Pointer argument);

  long read(int fd, Pointer buffer, int length);

  long write(int fd, Pointer buffer, int length);

  /** {@code poll(2)} of one descriptor: what happened, or 0 when the time is up. */
  int poll(int fd, short events, int timeoutMillis);
}
