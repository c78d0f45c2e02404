package io.vsmmu.bench.tree;

import com.sun.jna.Pointer;
import io.vsmmu.iommufd.kernel.Ioctl;
import io.vsmmu.iommufd.kernel.Kernel;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A kernel whose requests have a price. */
public final class PricedKernel implements Kernel {
  private final Kernel delegate;
  private final Prices prices;

  public PricedKernel(Kernel delegate, Prices prices) {
    this.delegate = delegate;
    this.prices = prices;
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
    prices.pay(request);
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
