package io.vsmmu.agent.metrics;

import com.sun.jna.Pointer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.vsmmu.iommufd.kernel.Ioctl;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.kernel.KernelException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Times each kind of request, and counts its errors by number. */
final class MeteredKernel implements Kernel {

  private final Kernel kernel;
  private final MeterRegistry registry;
  private final Map<String, Timer> timers = new ConcurrentHashMap<>();

  MeteredKernel(Kernel kernel, MeterRegistry registry) {
    this.kernel = kernel;
    this.registry = registry;
  }

  @Override
  public void ioctl(int fd, Ioctl request, @Nullable Pointer argument) {
    var sample = Timer.start(registry);
    try {
      kernel.ioctl(fd, request, argument);
    } catch (KernelException e) {
      count(request.name(), e);
      throw e;
    } finally {
      sample.stop(timers.computeIfAbsent(request.name(), this::timer));
    }
  }

  @Override
  public int open(Path device) {
    try {
      return kernel.open(device);
    } catch (KernelException e) {
      count("open", e);
      throw e;
    }
  }

  @Override
  public void close(int fd) {
    kernel.close(fd);
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

  private Timer timer(String request) {
    return Buckets.REQUEST
        .timer("vsmmu.ioctl", "Requests of iommufd and VFIO, failed ones too")
        .tag("request", request)
        .register(registry);
  }

  /** Some errors are answers: EBUSY of a BIND says that a VM has the device. */
  private void count(String request, KernelException failure) {
    registry
        .counter("vsmmu.ioctl.errors", "request", request, "errno", failure.errno().toString())
        .increment();
  }
}
