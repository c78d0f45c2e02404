package io.vsmmu.bench.tree;

import com.sun.jna.Pointer;
import io.vsmmu.iommufd.kernel.ForwardingKernel;
import io.vsmmu.iommufd.kernel.Ioctl;
import io.vsmmu.iommufd.kernel.Kernel;
import org.jspecify.annotations.Nullable;

/** A kernel whose requests have a price. */
public final class PricedKernel extends ForwardingKernel {
  private final Prices prices;

  public PricedKernel(Kernel delegate, Prices prices) {
    super(delegate);
    this.prices = prices;
  }

  @Override
  public void ioctl(int fd, Ioctl request, @Nullable Pointer argument) {
    prices.pay(request);
    super.ioctl(fd, request, argument);
  }
}
