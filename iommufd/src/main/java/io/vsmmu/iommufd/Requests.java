package io.vsmmu.iommufd;

import io.vsmmu.iommufd.kernel.Descriptor;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.kernel.KernelException;
import io.vsmmu.iommufd.uapi.Request;
import java.nio.file.Path;

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
      String name = request.ioctl().name();
      throw new IommuException(name, e.errno(), object, Hints.of(request.ioctl(), e.errno()), e);
    }
    return request;
  }

  static Descriptor open(Kernel kernel, Path device) {
    try {
      return new Descriptor(kernel, kernel.open(device), device.toString());
    } catch (KernelException e) {
      throw new IommuException("open", e.errno(), device.toString(), Hints.ofOpen(e.errno()), e);
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
