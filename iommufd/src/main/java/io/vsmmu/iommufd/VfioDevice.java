package io.vsmmu.iommufd;

import io.vsmmu.iommufd.kernel.Descriptor;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.uapi.VfioDeviceBindIommufd;
import java.nio.file.Path;

/**
 * An open VFIO character device. Closing it detaches and unbinds the device, and ends its vDEVICE.
 */
public final class VfioDevice implements AutoCloseable {
  private final Descriptor file;
  private final String name;

  private VfioDevice(Descriptor file, String name) {
    this.file = file;
    this.name = name;
  }

  /**
   * Opens a device.
   *
   * @param cdev e.g. {@code /dev/vfio/devices/vfio0}
   * @param name what errors call it, e.g. its PCI address
   * @throws IommuException when the node cannot be opened
   */
  public static VfioDevice open(Kernel kernel, Path cdev, String name) {
    return new VfioDevice(Requests.open(kernel, cdev), name);
  }

  /** Takes over a descriptor that came from another process. */
  public static VfioDevice adopt(Kernel kernel, int fd, String name) {
    return new VfioDevice(new Descriptor(kernel, fd, name), name);
  }

  /** What errors call it. */
  public String name() {
    return name;
  }

  /** The descriptor, to pass it on. This object keeps owning it. */
  public int fd() {
    return file.fd();
  }

  /**
   * Binds the device to a context, which resets it (tens to hundreds of milliseconds). Possible
   * once per open file, whatever process does it.
   *
   * @throws IommuException EINVAL when it is bound already; EPERM when its iommu group is not free
   */
  public BoundDevice bind(IommuContext context) {
    VfioDeviceBindIommufd request = new VfioDeviceBindIommufd();
    try {
      context
          .file()
          .use(iommufd -> {
            request.iommufd = iommufd;
            Requests.call(file, request, name);
          });
    } catch (IommuException e) {
      throw context.explained(e);
    }
    return new BoundDevice(this, context, request.out_devid);
  }

  /** Closes the descriptor; does nothing when it was closed before. */
  @Override
  public void close() {
    Requests.close(file);
  }

  Descriptor file() {
    return file;
  }

  @Override
  public String toString() {
    return name;
  }
}
