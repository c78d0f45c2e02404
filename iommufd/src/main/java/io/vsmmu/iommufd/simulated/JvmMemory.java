package io.vsmmu.iommufd.simulated;

import com.sun.jna.Pointer;
import io.vsmmu.iommufd.kernel.Errno;

/** The memory of this JVM. It can tell null pointers from others, but not all wild ones. */
public final class JvmMemory implements UserMemory {
  private static final long FIRST_PAGE_END = 4096;

  @Override
  public byte[] read(long address, int length) {
    check(address, length);
    return length == 0 ? new byte[0] : new Pointer(address).getByteArray(0, length);
  }

  @Override
  public void write(long address, byte[] bytes) {
    check(address, bytes.length);
    if (bytes.length > 0) {
      new Pointer(address).write(0, bytes, 0, bytes.length);
    }
  }

  private static void check(long address, int length) {
    Fail.when(
        length > 0 && Long.compareUnsigned(address, FIRST_PAGE_END) < 0,
        Errno.EFAULT,
        "null pointer");
  }
}
