package io.vsmmu.agent.receive;

import com.sun.jna.Native;
import io.vsmmu.agent.handoff.ManifestCodec;
import io.vsmmu.agent.privileges.ProcessImage;
import io.vsmmu.agent.privileges.StartBlock;
import io.vsmmu.iommufd.fdpass.OwnedFd;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Becomes another program that inherits the received descriptors; execve(2). Its arguments and its
 * environment are those of this process, byte for byte, whatever the locale. The program finds the
 * manifest in {@code VSMMU_MANIFEST}, the descriptors in {@code VSMMU_FDS}: {@code
 * iommufd=7,vfio:0000:09:00.0=8}, and arguments for QEMU in {@code VSMMU_QEMU_ARGS}.
 */
public final class ProgramStart {
  private static final int F_SETFD = 2;

  /** What stands for a byte that is no ASCII. */
  private static final char NOT_ASCII = '\uFFFD';

  private ProgramStart() {}

  /**
   * Replaces this process. Returns only by failing.
   *
   * @param command the program, looked up in PATH, and its arguments
   * @return what execve(2) gives, e.g. ENOENT, EACCES
   * @throws IOException when /proc does not tell what this process was started with
   */
  public static KernelException exec(List<String> command, ReceivedContext received)
      throws IOException {
    Map<String, String> ours = new TreeMap<>();
    ours.put(
        "VSMMU_MANIFEST",
        new String(ManifestCodec.json(received.manifest()), StandardCharsets.UTF_8));
    ours.put("VSMMU_FDS", describe(received.fds()));
    QemuArguments.of(received)
        .ifPresent(arguments -> ours.put("VSMMU_QEMU_ARGS", String.join(" ", arguments)));
    var arguments = asGiven(command, StartBlock.arguments());
    var environment = with(ours, StartBlock.environment());
    received.fds().values().forEach(ProgramStart::inherit);
    return ProcessImage.replace(arguments.getFirst(), arguments, environment);
  }

  /**
   * What Java has of the command may lack what is not ASCII. The command ends the arguments of this
   * process, unless an option of ours is among it.
   */
  private static List<byte[]> asGiven(List<String> command, List<byte[]> all) {
    var last = all.subList(Math.max(0, all.size() - command.size()), all.size());
    boolean same = last.size() == command.size();
    for (int i = 0; same && i < command.size(); i++) {
      same = mayBe(last.get(i), command.get(i));
    }
    return same
        ? last
        : command.stream().map(each -> each.getBytes(StandardCharsets.UTF_8)).toList();
  }

  /** Whether Java may have read the bytes as this: ASCII is the same in every locale. */
  private static boolean mayBe(byte[] given, String read) {
    var ascii = new String(given, StandardCharsets.US_ASCII);
    return ascii.indexOf(NOT_ASCII) >= 0 || ascii.equals(read);
  }

  private static List<byte[]> with(Map<String, String> ours, List<byte[]> environment) {
    var all = new ArrayList<byte[]>();
    for (var entry : environment) {
      var name = new String(entry, StandardCharsets.ISO_8859_1).replaceFirst("(?s)=.*", "");
      if (!ours.containsKey(name)) {
        all.add(entry);
      }
    }
    ours.forEach((name, value) -> all.add((name + "=" + value).getBytes(StandardCharsets.UTF_8)));
    return all;
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
