package io.vsmmu.lab.edu;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.kernel.Descriptor;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.kernel.KernelException;

/** A region of a bound device: its configuration space or one of its BARs. */
final class DeviceRegion {
  private final VfioDevice device;
  private final int index;
  private final long offset;

  private DeviceRegion(VfioDevice device, int index, long offset) {
    this.device = device;
    this.index = index;
    this.offset = offset;
  }

  /**
   * Asks the kernel where the region is.
   *
   * @throws KernelException EINVAL when the device is not bound or has no such region
   */
  static DeviceRegion of(Kernel kernel, VfioDevice device, int index) {
    VfioRegionInfo info = new VfioRegionInfo();
    info.index = index;
    // Not closed here: the file stays the device's.
    info.call(new Descriptor(kernel, device.fd(), device.name()));
    return new DeviceRegion(device, index, info.offset);
  }

  int read16(long at) {
    try (Memory value = new Memory(Short.BYTES)) {
      transfer(LibC.pread(device.fd(), value, length(value), offset + at), value, "pread", at);
      return Short.toUnsignedInt(value.getShort(0));
    }
  }

  void write16(long at, int content) {
    try (Memory value = new Memory(Short.BYTES)) {
      value.setShort(0, (short) content);
      transfer(LibC.pwrite(device.fd(), value, length(value), offset + at), value, "pwrite", at);
    }
  }

  int read32(long at) {
    try (Memory value = new Memory(Integer.BYTES)) {
      transfer(LibC.pread(device.fd(), value, length(value), offset + at), value, "pread", at);
      return value.getInt(0);
    }
  }

  void write32(long at, int content) {
    try (Memory value = new Memory(Integer.BYTES)) {
      value.setInt(0, content);
      transfer(LibC.pwrite(device.fd(), value, length(value), offset + at), value, "pwrite", at);
    }
  }

  private static NativeLong length(Memory value) {
    return new NativeLong(value.size());
  }

  private void transfer(NativeLong moved, Memory value, String call, long at) {
    if (moved.longValue() != value.size()) {
      Errno errno = moved.longValue() < 0 ? Errno.of(Native.getLastError()) : Errno.EIO;
      throw new KernelException(
          "%s of %d bytes at 0x%x in region %d of %s gave %s"
              .formatted(call, value.size(), at, index, device, moved),
          errno);
    }
  }

  /** pread(2), pwrite(2). */
  private static final class LibC {
    static {
      Native.register(LibC.class, "c");
    }

    private LibC() {}

    static native NativeLong pread(int fd, Pointer to, NativeLong length, long offset);

    static native NativeLong pwrite(int fd, Pointer from, NativeLong length, long offset);
  }
}
