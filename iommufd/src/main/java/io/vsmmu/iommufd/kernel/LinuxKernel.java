package io.vsmmu.iommufd.kernel;

import com.sun.jna.Pointer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The running Linux kernel. */
public final class LinuxKernel implements Kernel {
  private static final int O_RDWR = 02;
  private static final int O_CLOEXEC = 02000000;
  private static final short POLLIN = 0x1;
  private static final int POLLNVAL = 0x20;

  private final SystemCalls calls;

  public LinuxKernel() {
    this(new LibC());
  }

  LinuxKernel(SystemCalls calls) {
    this.calls = calls;
  }

  @Override
  public int open(Path device) {
    return (int)
        untilNotInterrupted(
            "open " + device, () -> calls.open(device.toString(), O_RDWR | O_CLOEXEC));
  }

  @Override
  public void close(int fd) {
    int result = calls.close(fd);
    // Linux has released the number before a close can be interrupted; again would be another's.
    if (result < 0 && errno(result) != Errno.EINTR) {
      throw new KernelException("close of descriptor " + fd, errno(result));
    }
  }

  @Override
  public void ioctl(int fd, Ioctl request, @Nullable Pointer argument) {
    String call = request.name() + " on descriptor " + fd;
    LongSupplier attempt = () -> calls.ioctl(fd, request.number(), argument);
    if (request.restartable()) {
      untilNotInterrupted(call, attempt);
    } else {
      check(call, attempt.getAsLong());
    }
  }

  @Override
  public int read(int fd, Pointer buffer, int length) {
    return transferred("read on descriptor " + fd, () -> calls.read(fd, buffer, length));
  }

  @Override
  public int write(int fd, Pointer buffer, int length) {
    return transferred("write on descriptor " + fd, () -> calls.write(fd, buffer, length));
  }

  @Override
  public boolean awaitReadable(int fd, Duration timeout) {
    long wait = TimeUnit.NANOSECONDS.convert(timeout);
    long start = System.nanoTime();
    while (true) {
      long left = Math.max(0, wait - (System.nanoTime() - start));
      int events = calls.poll(fd, POLLIN, millis(left));
      if (events < 0 && errno(events) == Errno.EINTR) {
        continue;
      }
      check("poll of descriptor " + fd, events);
      if ((events & POLLNVAL) != 0) {
        throw new KernelException("poll of descriptor " + fd, Errno.EBADF);
      }
      if (events != 0) {
        return true;
      }
      if (System.nanoTime() - start >= wait) {
        return false;
      }
    }
  }

  /** A transfer that is interrupted has moved nothing; otherwise it tells how much. */
  private static int transferred(String call, LongSupplier attempt) {
    try {
      return (int) untilNotInterrupted(call, attempt);
    } catch (KernelException e) {
      if (e.errno() == Errno.EAGAIN) {
        return 0;
      }
      throw e;
    }
  }

  private static long untilNotInterrupted(String call, LongSupplier attempt) {
    while (true) {
      long result = attempt.getAsLong();
      if (result >= 0 || errno(result) != Errno.EINTR) {
        return check(call, result);
      }
    }
  }

  private static long check(String call, long result) {
    if (result < 0) {
      throw new KernelException(call, errno(result));
    }
    return result;
  }

  private static Errno errno(long result) {
    return Errno.of((int) -result);
  }

  /** Rounded up, so that a wait does not end early and spin. */
  private static int millis(long nanos) {
    return (int) Math.min(Integer.MAX_VALUE, nanos / 1_000_000 + (nanos % 1_000_000 == 0 ? 0 : 1));
  }
}
