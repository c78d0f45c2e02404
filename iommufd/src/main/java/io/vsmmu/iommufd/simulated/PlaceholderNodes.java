package io.vsmmu.iommufd.simulated;

import com.sun.jna.Native;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Makes what stands for a device node: a node of the null device, which a container runtime takes
 * for a device like any other; or a plain file where this process may make no nodes.
 */
final class PlaceholderNodes {
  private static final int S_IFCHR = 0020000;
  private static final int OWNER_READS_AND_WRITES = 0600;

  /** Major 1, minor 3. */
  private static final long NULL_DEVICE = 1 << 8 | 3;

  private PlaceholderNodes() {}

  /**
   * @throws IOException when neither can be made
   */
  static void create(Path path) throws IOException {
    if (LibC.mknod(path.toString(), S_IFCHR | OWNER_READS_AND_WRITES, NULL_DEVICE) == 0) {
      return;
    }
    var errno = Errno.of(Native.getLastError());
    if (errno != Errno.EPERM) {
      throw new IOException("mknod " + path, new KernelException("mknod " + path, errno));
    }
    Files.createFile(
        path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
  }

  /** The C library's entry point; mknod(2). */
  private static final class LibC {
    static {
      Native.register(LibC.class, "c");
    }

    private LibC() {}

    static native int mknod(String path, int mode, long device);
  }
}
