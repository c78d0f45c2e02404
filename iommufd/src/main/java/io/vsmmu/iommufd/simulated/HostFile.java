package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.kernel.Errno;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file of the host, which a simulated machine knows by its use as memory only.
 *
 * @param memory whether it is a memfd, whose pages can be pinned
 * @param size in bytes
 */
public record HostFile(boolean memory, long size) {
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
  private static final String MEMFD = "/memfd:";

  /**
   * Looks at a descriptor of this process.
   *
   * @throws io.vsmmu.iommufd.kernel.KernelException EBADF when it is not open
   */
  public static HostFile of(int fd) {
    Path link = DESCRIPTORS.resolve(Integer.toString(fd));
    if (!Files.isSymbolicLink(link)) {
      throw Fail.with(Errno.EBADF, "descriptor " + fd);
    }
    try {
      boolean memory = Files.readSymbolicLink(link).toString().startsWith(MEMFD);
      return new HostFile(memory, memory ? Files.size(link) : 0);
    } catch (IOException e) {
      throw new UncheckedIOException("descriptor " + fd + " cannot be looked at", e);
    }
  }
}
