package io.vsmmu.agent.privileges;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * Takes from this process all rights but a few, for good. Linux keeps rights per thread, and gives
 * no thread a way to take them from another; a JVM has threads before any Java runs. So this thread
 * gives its rights up and starts the same program in the place of this one (execve(2), same
 * process): every thread of that one has no more than what was left.
 */
public final class Confinement {

  private static final Path SELF = Path.of("/proc/self");

  // linux/prctl.h, linux/capability.h
  private static final int PR_SET_NO_NEW_PRIVS = 38;
  private static final int PR_CAP_AMBIENT = 47;
  private static final int PR_CAP_AMBIENT_CLEAR_ALL = 4;
  private static final int CAPABILITY_VERSION_3 = 0x20080522;

  private Confinement() {}

  /**
   * Returns in a process that has no more than {@code keep}, and cannot get more. What the program
   * did before it calls this happens again.
   *
   * @throws IOException when the process cannot be told about
   * @throws KernelException when rights cannot be given up; the process must not go on then
   */
  public static void enter(Set<Capability> keep) throws IOException {
    long allowed = Capability.mask(keep);
    var present = ThreadRights.of(SELF.resolve("task").resolve(ownThread()).resolve("status"));
    if (present.within(allowed)) {
      return;
    }
    require("prctl PR_SET_NO_NEW_PRIVS", LibC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    require(
        "prctl PR_CAP_AMBIENT_CLEAR_ALL",
        LibC.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
    limit(present.permitted() & allowed);
    startAnew();
  }

  private static String ownThread() {
    return Integer.toString(LibC.gettid());
  }

  /** The rights of this thread. For user 0 an execve would give all, but not after no_new_privs. */
  private static void limit(long capabilities) {
    try (var header = new Memory(8);
        var data = new Memory(24)) {
      header.setInt(0, CAPABILITY_VERSION_3);
      header.setInt(4, 0);
      data.clear();
      for (int half = 0; half < 2; half++) {
        int bits = (int) (capabilities >>> 32 * half);
        data.setInt(12L * half, bits);
        data.setInt(12L * half + 4, bits);
      }
      require("capset", LibC.capset(header, data));
    }
  }

  private static void startAnew() throws IOException {
    var program = Files.readSymbolicLink(SELF.resolve("exe")).toString();
    throw ProcessImage.replace(
        program.getBytes(StandardCharsets.UTF_8), StartBlock.arguments(), StartBlock.environment());
  }

  private static void require(String call, int result) {
    if (result < 0) {
      throw new KernelException(call, Errno.of(Native.getLastError()));
    }
  }

  private static final class LibC {
    static {
      Native.register(LibC.class, "c");
    }

    private LibC() {}

    static native int gettid();

    static native int prctl(int option, long second, long third, long fourth, long fifth);

    static native int capset(Pointer header, Pointer data);
  }
}
