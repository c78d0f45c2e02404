package io.vsmmu.agent.receive;

import com.sun.jna.Native;
import io.vsmmu.agent.handoff.ManifestCodec;
import io.vsmmu.agent.privileges.ProcessImage;
import io.vsmmu.iommufd.fdpass.OwnedFd;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Becomes another program that inherits the received descriptors; execve(2). The program finds the
 * manifest in {@code VSMMU_MANIFEST}, the descriptors in {@code VSMMU_FDS}: {@code
 * iommufd=7,vfio:0000:09:00.0=8}, and arguments for QEMU in {@code VSMMU_QEMU_ARGS}.
 */
public final class ProgramStart {
  private static final int F_SETFD = 2;

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
    QemuArguments.of(received)
        .ifPresent(arguments -> environment.put("VSMMU_QEMU_ARGS", String.join(" ", arguments)));
    received.fds().values().forEach(ProgramStart::inherit);
    return ProcessImage.replace(command.getFirst(), command, environment);
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

  private static final class LibC {
    static {
      Native.register(LibC.class, "c");
    }

    private LibC() {}

    static native int fcntl(int fd, int command, int argument);
  }
}
