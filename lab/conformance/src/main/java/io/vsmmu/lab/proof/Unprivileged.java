package io.vsmmu.lab.proof;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Processes without rights, as QEMU is one in a VM's pod. */
final class Unprivileged {
  /** User and group of QEMU in KubeVirt's pods. */
  static final int QEMU = 107;

  private static final Pattern RIGHTS =
      Pattern.compile("(?m)^(Uid|Gid|Groups|CapInh|CapPrm|CapEff|CapAmb):[ \\t]*(.*?)[ \\t]*$");

  private Unprivileged() {}

  /**
   * Makes every thread of this process one of a user, without supplementary groups and capabilities
   * (credentials(7), capabilities(7): leaving uid 0 drops them). There is no way back.
   *
   * @throws KernelException EPERM when this process is not root
   */
  static void become(int user) {
    require("setgroups", LibC.setgroups(0, null));
    require("setresgid", LibC.setresgid(user, user, user));
    require("setresuid", LibC.setresuid(user, user, user));
  }

  /**
   * What speaks against a process being without rights, one sentence each; empty when all of its
   * threads are of the user, in no other group, and without capabilities.
   *
   * @throws IOException when the process is gone
   */
  static List<String> rightsOf(long pid, int user) throws IOException {
    List<String> found = new ArrayList<>();
    int threads = 0;
    try (DirectoryStream<Path> tasks =
        Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "task"))) {
      for (Path task : tasks) {
        Optional<String> status = statusOf(task);
        if (status.isPresent()) {
          found.addAll(rightsIn(status.get(), user));
          threads++;
        }
      }
    }
    if (threads == 0) {
      found.add("process " + pid + " has no threads");
    }
    return found;
  }

  /** Empty for a thread that ended meanwhile: it has no rights any more. */
  private static Optional<String> statusOf(Path task) throws IOException {
    try {
      return Optional.of(Files.readString(task.resolve("status")));
    } catch (IOException e) {
      if (Files.notExists(task)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** As {@link #rightsOf}, for the text of one {@code /proc/PID/task/TID/status}. */
  static List<String> rightsIn(String status, int user) {
    String ids = "%1$d\t%1$d\t%1$d\t%1$d".formatted(user);
    List<String> found = new ArrayList<>();
    int lines = 0;
    var matcher = RIGHTS.matcher(status);
    while (matcher.find()) {
      lines++;
      String wanted =
          switch (matcher.group(1)) {
            case "Uid", "Gid" -> ids;
            case "Groups" -> "";
            default -> "0000000000000000";
          };
      if (!matcher.group(2).equals(wanted)) {
        found.add("%s is '%s', not '%s'".formatted(matcher.group(1), matcher.group(2), wanted));
      }
    }
    if (lines != 7) {
      found.add("7 lines about rights expected, not " + lines);
    }
    return found;
  }

  private static void require(String call, int result) {
    if (result != 0) {
      throw new KernelException(call, Errno.of(Native.getLastError()));
    }
  }

  /** The C library changes all threads; the bare system calls would change one. */
  private static final class LibC {
    static {
      Native.register(LibC.class, "c");
    }

    private LibC() {}

    static native int setgroups(long count, @Nullable Pointer groups);

    static native int setresgid(int real, int effective, int saved);

    static native int setresuid(int real, int effective, int saved);
  }
}
