package io.vsmmu.agent.handoff;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.vsmmu.iommufd.fdpass.PeerProcess;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import org.jspecify.annotations.Nullable;

/**
 * Raises RLIMIT_MEMLOCK of the process that collects a context: mapping the guest's memory pins it,
 * and the default limit of a container is far too low. The pod's memory limit bounds what it can
 * pin all the same. Needs CAP_SYS_RESOURCE; prlimit(2).
 *
 * @param bytes -1 for no limit, which as an unsigned number is RLIM_INFINITY
 */
public record MemlockLimit(long bytes) {
  /** No limit but the pod's own. */
  public static final MemlockLimit UNLIMITED = new MemlockLimit(-1);

  private static final int RLIMIT_MEMLOCK = 8;
  // struct rlimit on 64-bit Linux
  private static final int HARD = 8;
  private static final int SIZE = 16;

  public MemlockLimit {
    if (bytes < -1) {
      throw new IllegalArgumentException("a limit of " + bytes + " bytes");
    }
  }

  /** A limit of so many bytes. */
  public static MemlockLimit of(long bytes) {
    return new MemlockLimit(bytes);
  }

  /**
   * Gives the process this limit, unless it has a higher one.
   *
   * @throws KernelException EPERM without CAP_SYS_RESOURCE; ESRCH when it has ended
   */
  void raise(PeerProcess process) {
    try (Memory limit = new Memory(SIZE)) {
      call(process, null, limit);
      long soft = greater(limit.getLong(0), bytes);
      long hard = greater(limit.getLong(HARD), bytes);
      if (soft == limit.getLong(0) && hard == limit.getLong(HARD)) {
        return;
      }
      limit.setLong(0, soft);
      limit.setLong(HARD, hard);
      call(process, limit, null);
    }
  }

  private static long greater(long one, long other) {
    return Long.compareUnsigned(one, other) >= 0 ? one : other;
  }

  private static void call(
      PeerProcess process, @Nullable Pointer replacement, @Nullable Pointer present) {
    if (LibC.prlimit(process.pid(), RLIMIT_MEMLOCK, replacement, present) < 0) {
      throw new KernelException(
          "prlimit RLIMIT_MEMLOCK of " + process, Errno.of(Native.getLastError()));
    }
  }

  private static final class LibC {
    static {
      Native.register(LibC.class, "c");
    }

    private LibC() {}

    static native int prlimit(
        int pid, int resource, @Nullable Pointer replacement, @Nullable Pointer present);
  }
}
