package io.vsmmu.iommufd;

import io.vsmmu.iommufd.kernel.Descriptor;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.Ioctl;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.kernel.KernelException;
import io.vsmmu.iommufd.uapi.Request;
import io.vsmmu.iommufd.uapi.VfioDeviceReset;
import java.nio.file.Path;
import java.util.function.Supplier;

/** Makes calls whose errors name the object and the cure. */
final class Requests {
  private Requests() {}

  /**
   * @param object what the request is about, for errors
   */
  static <R extends Request> R call(Descriptor file, R request, String object) {
    try {
      request.call(file);
    } catch (KernelException e) {
      throw refused(request.ioctl(), e, object);
    }
    return request;
  }

  static IommuException refused(Ioctl request, KernelException e, String object) {
    return new IommuException(request.name(), e.errno(), object, Hints.of(request, e.errno()), e);
  }

  /** A call on an event file, by the name that errors give it. */
  static <T> T io(String name, String object, Supplier<T> call) {
    try {
      return call.get();
    } catch (KernelException e) {
      throw new IommuException(name, e.errno(), object, Hints.of(name, e.errno()), e);
    }
  }

  static void reset(Descriptor device, String object) {
    try {
      VfioDeviceReset.call(device);
    } catch (KernelException e) {
      throw refused(VfioDeviceReset.REQUEST, e, object);
    }
  }

  static Descriptor open(Kernel kernel, Path device) {
    try {
      return new Descriptor(kernel, kernel.open(device), device.toString());
    } catch (KernelException e) {
      throw new IommuException(
          "open", e.errno(), device.toString(), Hints.of("open", e.errno()), e);
    }
  }

  static void close(Descriptor file) {
    try {
      file.close();
    } catch (KernelException e) {
      throw new IommuException("close", e.errno(), file.name(), "", e);
    }
  }

  static IommuException refused(Request request, Errno errno, String object, String hint) {
    return new IommuException(request.ioctl().name(), errno, object, hint, null);
  }
}
