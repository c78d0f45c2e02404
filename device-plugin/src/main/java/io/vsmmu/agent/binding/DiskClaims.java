package io.vsmmu.agent.binding;

import com.sun.jna.Native;
import io.vsmmu.iommufd.kernel.Errno;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Tells whether somebody has a block device to himself: a filesystem that is mounted in whichever
 * namespace, swap space, ZFS, bcache, a Ceph OSD. The kernel keeps one such claim per device, and
 * gives it to nobody else (block/bdev.c, {@code bd_prepare_to_claim}).
 */
@FunctionalInterface
public interface DiskClaims {

  /**
   * Whether the block device is claimed, or a part of it is.
   *
   * @param name as in {@code /sys/class/block}
   * @throws IOException when that cannot be told
   */
  boolean isClaimed(String name) throws IOException;

  /**
   * Asks the kernel: open(2) with {@code O_EXCL} asks for the claim. It is given back at once, and
   * as nothing was opened for writing udev has nothing to look at.
   *
   * @param dev the host's {@code /dev}
   */
  static DiskClaims byOpening(Path dev) {
    return name -> ExclusiveOpen.isRefused(dev.resolve(name.replace('!', '/')));
  }

  /** The system call. */
  final class ExclusiveOpen {

    // asm-generic/fcntl.h; the same on x86-64 and aarch64.
    private static final int O_RDONLY = 0;
    private static final int O_EXCL = 0200;
    private static final int O_NONBLOCK = 04000;
    private static final int O_CLOEXEC = 02000000;

    static {
      Native.register(ExclusiveOpen.class, "c");
    }

    private ExclusiveOpen() {}

    private static boolean isRefused(Path node) throws IOException {
      int fd = open(node.toString(), O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC, 0);
      if (fd >= 0) {
        close(fd);
        return false;
      }
      Errno errno = Errno.of(Native.getLastError());
      return switch (errno) {
        case EBUSY -> true;
        // Nobody has what is not there, or has no medium in it.
        case ENOENT, ENXIO, ENODEV, ENOMEDIUM -> false;
        default ->
            throw new IOException(
                "%s cannot be opened (%s)%s"
                    .formatted(
                        node,
                        errno,
                        errno == Errno.EACCES || errno == Errno.EPERM ? "; run this as root" : ""));
      };
    }

    // Variadic in C; Linux passes variadic arguments as fixed ones on x86-64 and aarch64.
    private static native int open(String path, int flags, int mode);

    private static native int close(int fd);
  }
}
