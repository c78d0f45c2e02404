package io.vsmmu.agent;

import com.sun.jna.Pointer;
import io.vsmmu.iommufd.kernel.Ioctl;
import io.vsmmu.iommufd.kernel.Kernel;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Passes every call on, for a test that changes some. */
public class ForwardingKernel implements Kernel {

  private final Kernel kernel;

  public ForwardingKernel(Kernel kernel) {
    this.kernel = kernel;
  }

  @Override
  public int open(Path device) {
    return kernel.open(device);
  }

  @Override
  public void close(int fd) {
    kernel.close(fd);
  }

  @Override
  public void ioctl(int fd, Ioctl request, @Nullable Pointer argument) {
    kernel.ioctl(fd, request, argument);
  }

  @Override
  public int read(int fd, Pointer buffer, int length) {
    return kernel.read(fd, buffer, length);
  }

  @Override
  public int write(int fd, Pointer buffer, int length) {
    return kernel.write(fd, buffer, length);
  }

  @Override
  public boolean awaitReadable(int fd, Duration timeout) {
    return kernel.awaitReadable(fd, timeout);
  }
}
