package io.vsmmu.iommufd.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.jna.Memory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The system calls themselves, on nodes that every Linux has. */
@EnabledOnOs(OS.LINUX)
class LinuxKernelTest {
  private static final Path NULL = Path.of("/dev/null");
  private static final Path TERMINALS = Path.of("/dev/ptmx");

  /** Number of the terminal on the other side, in {@code asm-generic/ioctls.h}. */
  private static final Ioctl TIOCGPTN = new Ioctl("TIOCGPTN", 0x8004_5430, true);

  private final LinuxKernel kernel = new LinuxKernel();

  @Test
  void descriptorsDoNotReachChildren() throws IOException {
    int fd = kernel.open(NULL);
    try {
      String flags =
          Files.readAllLines(Path.of("/proc/self/fdinfo", Integer.toString(fd))).stream()
              .filter(line -> line.startsWith("flags:"))
              .findFirst()
              .orElseThrow();
      assertThat(Integer.parseInt(flags.substring(6).strip(), 8) & 02000002).isEqualTo(02000002);
    } finally {
      kernel.close(fd);
    }
  }

  @Test
  void errorNumbers() {
    fails(Errno.ENOENT, () -> kernel.open(Path.of("/dev/no-such-node")));
    fails(Errno.EBADF, () -> kernel.close(1 << 30));
    fails(Errno.EBADF, () -> kernel.ioctl(-1, Ioctl.of("IOMMU_DESTROY", 0x80), null));
  }

  @Test
  void aRequestWritesIntoTheArgument() {
    int fd = kernel.open(TERMINALS);
    try {
      Memory number = new Memory(4);
      number.setInt(0, -1);

      kernel.ioctl(fd, TIOCGPTN, number);

      assertThat(number.getInt(0)).isNotNegative();
    } finally {
      kernel.close(fd);
    }
  }

  /** A pipe that is its own other end: what is written can be read. */
  @Test
  void waitsReadsAndWrites(@TempDir Path folder) throws Exception {
    Path pipe = folder.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    int fd = kernel.open(pipe);
    try (Memory written = new Memory(3);
        Memory read = new Memory(8)) {
      written.write(0, new byte[] {1, 2, 3}, 0, 3);

      assertThat(kernel.awaitReadable(fd, Duration.ZERO)).isFalse();
      assertThat(kernel.write(fd, written, 3)).isEqualTo(3);
      assertThat(kernel.awaitReadable(fd, Duration.ofDays(1_000_000))).isTrue();
      assertThat(kernel.read(fd, read, 8)).isEqualTo(3);
      assertThat(read.getByteArray(0, 3)).containsExactly(1, 2, 3);
    } finally {
      kernel.close(fd);
    }
    fails(Errno.EBADF, () -> kernel.awaitReadable(1 << 30, Duration.ZERO));
  }

  @Test
  void everyThreadGetsItsOwnError() {
    int nowhere = kernel.open(NULL);
    try (var threads = Executors.newFixedThreadPool(4)) {
      var checks =
          IntStream.range(0, 4)
              .mapToObj(thread ->
                  threads.submit(() -> {
                    for (int i = 0; i < 500; i++) {
                      if (thread % 2 == 0) {
                        fails(Errno.ENOTTY, () -> kernel.ioctl(nowhere, TIOCGPTN, null));
                      } else {
                        fails(Errno.EBADF, () -> kernel.ioctl(-1, TIOCGPTN, null));
                      }
                    }
                  }))
              .toList();
      assertThat(checks).allSatisfy(check -> assertThat(check.get()).isNull());
    } finally {
      kernel.close(nowhere);
    }
  }

  private static void fails(Errno errno, ThrowingCallable call) {
    assertThatExceptionOfType(KernelException.class)
        .isThrownBy(call)
        .extracting(KernelException::errno)
        .isEqualTo(errno);
  }
}
