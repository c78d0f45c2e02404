package io.vsmmu.agent.receive;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.StringArray;
import io.vsmmu.agent.handoff.ManifestCodec;
import io.vsmmu.iommufd.fdpass.OwnedFd;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Becomes another program that inherits the received descriptors; execve(2). The program finds the
 * manifest in {@code VSMMU_MANIFEST} and the descriptors in {@code VSMMU_FDS}: {@code
 * iommufd=7,vfio:0000:09:00.0=8}.
 */
public final class ProgramStart {
  private static final int F_SETFD = 2;
  private static final int SIG_SETMASK = 2;

  /** sigset_t of glibc and musl. */
  private static final int SIGNAL_SET_SIZE = 128;

  private ProgramStart() {}

  /**
   * Replaces this process. Returns only by failing.
   *
   * @param command the program, looked up in PATH, and its arguments
   * @throws KernelException what execve(2) gives, e.g. ENOENT, EACCES
   */
  public static KernelException exec(List<String> command, ReceivedContext received) {
    Map<String, String> environment = new TreeMap<>(System.getenv());
    environment.put(
        "VSMMU_MANIFEST",
        new String(ManifestCodec.json(received.manifest()), StandardCharsets.UTF_8));
    environment.put("VSMMU_FDS", describe(received.fds()));
    received.fds().values().forEach(ProgramStart::inherit);
    allowSignals();
    var argv = new StringArray(command.toArray(String[]::new));
    var envp =
        new StringArray(
            environment.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .toArray(String[]::new));
    int failed = LibC.execvpe(command.getFirst(), argv, envp);
    return new KernelException(
        "execve of " + command.getFirst() + " gave " + failed, Errno.of(Native.getLastError()));
  }

  private static String describe(Map<String, OwnedFd> fds) {
    return fds.entrySet().stream()
        .map(entry -> entry.getKey() + "=" + entry.getValue().fd())
        .collect(Collectors.joining(","));
  }

  private static void inherit(OwnedFd fd) {
    if (LibC.fcntl(fd.fd(), F_SETFD, 0) < 0) {
      throw new KernelException("fcntl F_SETFD of " + fd, Errno.of(Native.getLastError()));
    }
  }

  /** The JVM blocks some signals on its threads, and execve would pass that on. */
  private static void allowSignals() {
    try (Memory none = new Memory(SIGNAL_SET_SIZE)) {
      none.clear();
      int error = LibC.pthread_sigmask(SIG_SETMASK, none, null);
      if (error != 0) {
        throw new KernelException("pthread_sigmask", Errno.of(error));
      }
    }
  }

  private static final class LibC {
    static {
      Native.register(LibC.class, "c");
    }

    private LibC() {}

    static native int fcntl(int fd, int command, int argument);

    static native int pthread_sigmask(int how, Pointer set, @Nullable Pointer former);

    static native int execvpe(String program, Pointer arguments, Pointer environment);
  }
}
