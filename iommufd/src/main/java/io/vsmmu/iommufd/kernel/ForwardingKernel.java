package io.vsmmu.iommufd.kernel;

import com.sun.jna.Pointer;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A kernel that leaves every call to another one, for those that change, time or refuse some. */
public abstract class ForwardingKernel implements Kernel {
  private final Kernel delegate;

  /**
   * Forwards all calls that are not overridden.
   *
   * @param delegate where they go
   */
  protected ForwardingKernel(Kernel delegate) {
    this.delegate = delegate;
  }

  @Override
  public int open(Path device) {
    return delegate.open(device);
  }

  @Override
  public void close(int fd) {
    delegate.close(fd);
  }

  @Override
  public void ioctl(int fd, Ioctl request, @Nullable Pointer argument) {
    delegate.ioctl(fd, request, argument);
  }

  @Override
  public int read(int fd, Pointer buffer, int length) {
    return delegate.read(fd, buffer, length);
  }

  @Override
  public int write(int fd, Pointer buffer, int length) {
    return delegate.write(fd, buffer, length);
  }

  @Override
  public boolean awaitReadable(int fd, Duration timeout) {
    return delegate.awaitReadable(fd, timeout);
  }
}
