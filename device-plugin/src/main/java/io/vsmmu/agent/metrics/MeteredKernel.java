package io.vsmmu.agent.metrics;

import com.sun.jna.Pointer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.vsmmu.iommufd.kernel.ForwardingKernel;
import io.vsmmu.iommufd.kernel.Ioctl;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.kernel.KernelException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Times each kind of request, and counts its errors by number. */
final class MeteredKernel extends ForwardingKernel {

  private final MeterRegistry registry;
  private final Map<String, Timer> timers = new ConcurrentHashMap<>();

  MeteredKernel(Kernel kernel, MeterRegistry registry) {
    super(kernel);
    this.registry = registry;
  }

  @Override
  public void ioctl(int fd, Ioctl request, @Nullable Pointer argument) {
    var sample = Timer.start(registry);
    try {
      super.ioctl(fd, request, argument);
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
      return super.open(device);
    } catch (KernelException e) {
      count("open", e);
      throw e;
    }
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
