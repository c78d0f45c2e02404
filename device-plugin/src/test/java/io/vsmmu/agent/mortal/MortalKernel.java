package io.vsmmu.agent.mortal;

import com.sun.jna.Pointer;
import io.vsmmu.iommufd.kernel.ForwardingKernel;
import io.vsmmu.iommufd.kernel.Ioctl;
import io.vsmmu.iommufd.kernel.Kernel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A kernel that takes requests of a living process only; every open is a step. */
public final class MortalKernel extends ForwardingKernel {

  private final Life life;

  public MortalKernel(Kernel kernel, Life life) {
    super(kernel);
    this.life = life;
  }

  @Override
  public int open(Path device) {
    life.step();
    return super.open(Path.of(device.toString()));
  }

  @Override
  public void close(int fd) {
    life.check();
    super.close(fd);
  }

  @Override
  public void ioctl(int fd, Ioctl request, @Nullable Pointer argument) {
    life.check();
    super.ioctl(fd, request, argument);
  }
}
