package io.vsmmu.agent.privileges;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Makes this process run another program; execve(2). */
public final class ProcessImage {

  private static final int SIG_SETMASK = 2;
  private static final int F_SETFD = 2;
  private static final int FD_CLOEXEC = 1;
  private static final int STDERR = 2;

  /** sigset_t of glibc and musl. */
  private static final int SIGNAL_SET_SIZE = 128;

  private ProcessImage() {}

  /**
   * Replaces this process. Returns only by failing. Strings are bytes here, as for the kernel: see
   * {@link StartBlock}.
   *
   * @param program looked up in PATH unless it has a slash
   * @param arguments the program's name first
   * @param environment {@code NAME=value} each
   * @return what execve(2) gave, e.g. ENOENT, EACCES
   */
  public static KernelException replace(
      byte[] program, List<byte[]> arguments, List<byte[]> environment) {
    keepJavasFiles();
    allowSignals();
    try (Memory argv = array(arguments);
        Memory envp = array(environment)) {
      int failed = LibC.execvpe(Arrays.copyOf(program, program.length + 1), argv, envp);
      Errno errno = Errno.of(Native.getLastError());
      return new KernelException(
          "execve of %s gave %d".formatted(new String(program, StandardCharsets.UTF_8), failed),
          errno);
    }
  }

  /** Pointers to strings that end with a zero byte, a null pointer after the last. */
  private static Memory array(List<byte[]> strings) {
    long at = (long) Native.POINTER_SIZE * (strings.size() + 1);
    var memory = new Memory(at + strings.stream().mapToLong(each -> each.length + 1L).sum());
    memory.clear();
    for (int i = 0; i < strings.size(); i++) {
      var string = strings.get(i);
      memory.setPointer((long) Native.POINTER_SIZE * i, memory.share(at));
      memory.write(at, string, 0, string.length);
      at += string.length + 1L;
    }
    return memory;
  }

  /** Java opens its jars and modules without O_CLOEXEC; what a caller handed down stays open. */
  private static void keepJavasFiles() {
    var home = Path.of(System.getProperty("java.home"));
    for (var name : Objects.requireNonNullElse(new File("/proc/self/fd").list(), new String[0])) {
      try {
        var file = Files.readSymbolicLink(Path.of("/proc/self/fd", name));
        int fd = Integer.parseInt(name);
        if (fd > STDERR && (file.startsWith(home) || file.toString().endsWith(".jar"))) {
          var _ = LibC.fcntl(fd, F_SETFD, FD_CLOEXEC);
        }
      } catch (IOException e) {
        continue; // Closed meanwhile, as that of the listing is.
      }
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

    static native int pthread_sigmask(int how, Pointer set, @Nullable Pointer former);

    static native int fcntl(int fd, int command, int argument);

    static native int execvpe(byte[] program, Pointer arguments, Pointer environment);
  }
}
