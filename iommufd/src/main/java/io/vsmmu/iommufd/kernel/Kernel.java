package io.vsmmu.iommufd.kernel;

import com.sun.jna.Pointer;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The system calls that the library makes. Everything above works on any implementation: {@link
 * LinuxKernel} or the simulated one. Implementations are safe for use by several threads.
 *
 * <p>Raw descriptors are easy to use after close; hold them in a {@link Descriptor}.
 */
public interface Kernel {

  /**
   * Opens a device node for reading and writing, with {@code O_CLOEXEC}.
   *
   * @return a descriptor that the caller closes
   * @throws KernelException what {@code open(2)} gives, e.g. ENOENT, EACCES, EBUSY
   */
  int open(Path device);

  /**
   * Closes a descriptor. It is gone afterwards, whatever this throws.
   *
   * @throws KernelException EBADF when it was not open
   */
  void close(int fd);

  /**
   * Makes a request. A call that was interrupted before it did anything is made again when the
   * request allows it ({@link Ioctl#restartable}).
   *
   * @param argument the request's structure in native memory, or null for a request without one
   * @throws KernelException what the request gives
   */
  void ioctl(int fd, Ioctl request, @Nullable Pointer argument);

  /**
   * Reads what an event file has now, without waiting for more.
   *
   * @param buffer room for {@code length} bytes
   * @return bytes read; 0 when there is nothing, or no room for the first record
   * @throws KernelException what {@code read(2)} gives, e.g. ESPIPE for a length that the file does
   *     not read in
   */
  int read(int fd, Pointer buffer, int length);

  /**
   * Writes to an event file.
   *
   * @return bytes written
   * @throws KernelException what {@code write(2)} gives
   */
  int write(int fd, Pointer buffer, int length);

  /**
   * Waits until there is something to read.
   *
   * @param timeout zero to look only
   * @return whether there is; false when the time is up
   * @throws KernelException EBADF when the descriptor is not open
   */
  boolean awaitReadable(int fd, Duration timeout);
}
