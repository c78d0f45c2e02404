package io.vsmmu.iommufd.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Signals that come in the middle of a call. */
class InterruptedCallTest {
  private static final int RESULT = 7;

  private final Interrupted calls = new Interrupted(2);
  private final LinuxKernel kernel = new LinuxKernel(calls);

  @Test
  void whatDidNothingIsDoneAgain() {
    try (Memory buffer = new Memory(8)) {
      assertThat(kernel.open(Path.of("/dev/iommu"))).isEqualTo(RESULT);
      calls.again();
      kernel.ioctl(3, Ioctl.of("RESTARTABLE", 1), null);
      calls.again();
      assertThat(kernel.read(3, buffer, 8)).isEqualTo(RESULT);
      calls.again();
      assertThat(kernel.write(3, buffer, 8)).isEqualTo(RESULT);
      calls.again();
      assertThat(kernel.awaitReadable(3, Duration.ofMinutes(1))).isTrue();
    }

    assertThat(calls.made)
        .containsExactly(
            "open", "open", "open", "ioctl", "ioctl", "ioctl", "read", "read", "read", "write",
            "write", "write", "poll", "poll", "poll");
  }

  /** Its argument tells how far it came; the same again would start from there. */
  @Test
  void whatMayBeHalfDoneIsNotDoneAgain() {
    assertThatExceptionOfType(KernelException.class)
        .isThrownBy(() -> kernel.ioctl(3, Ioctl.notRestartable("HALF_DONE", 1), null))
        .withMessageContaining("HALF_DONE on descriptor 3")
        .extracting(KernelException::errno)
        .isEqualTo(Errno.EINTR);
    assertThat(calls.made).containsExactly("ioctl");
  }

  /** Linux has given the number back by then, and another thread may have got it. */
  @Test
  void aCloseIsNeverDoneAgain() {
    kernel.close(3);

    assertThat(calls.made).containsExactly("close");
  }

  @Test
  void nothingToReadIsNoError() {
    SystemCalls nothing =
        new Interrupted(0) {
          @Override
          public long read(int fd, Pointer buffer, int length) {
            return SystemCalls.failure(Errno.EAGAIN);
          }
        };

    try (Memory buffer = new Memory(8)) {
      assertThat(new LinuxKernel(nothing).read(3, buffer, 8)).isZero();
    }
  }

  /** Calls that are interrupted so often before they succeed. */
  private static class Interrupted implements SystemCalls {
    final List<String> made = new ArrayList<>();
    private final int times;
    private int left;

    Interrupted(int times) {
      this.times = times;
      this.left = times;
    }

    void again() {
      left = times;
    }

    private int answer(String call) {
      made.add(call);
      left--;
      return left >= 0 ? SystemCalls.failure(Errno.EINTR) : RESULT;
    }

    @Override
    public int open(String path, int flags) {
      return answer("open");
    }

    @Override
    public int close(int fd) {
      return answer("close");
    }

    @Override
    public int ioctl(int fd, int request, @Nullable Pointer argument) {
      return answer("ioctl");
    }

    @Override
    public long read(int fd, Pointer buffer, int length) {
      return answer("read");
    }

    @Override
    public long write(int fd, Pointer buffer, int length) {
      return answer("write");
    }

    @Override
    public int poll(int fd, short events, int timeoutMillis) {
      return answer("poll");
    }
  }
}
