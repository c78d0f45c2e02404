package io.vsmmu.iommufd.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import com.sun.jna.Pointer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DescriptorTest {
  private static final Ioctl REQUEST = Ioctl.of("REQUEST", 1);

  @Test
  void nothingReachesTheKernelAfterClose() {
    Calls calls = new Calls();
    Descriptor descriptor = new Descriptor(calls, 5, "thing");
    descriptor.ioctl(REQUEST, null);

    descriptor.close();
    descriptor.close();

    assertThatIllegalStateException()
        .isThrownBy(() -> descriptor.ioctl(REQUEST, null))
        .withMessage("thing is closed");
    assertThatIllegalStateException().isThrownBy(descriptor::fd);
    assertThatIllegalStateException().isThrownBy(() -> descriptor.read(Pointer.NULL, 0));
    assertThatIllegalStateException().isThrownBy(() -> descriptor.write(Pointer.NULL, 0));
    assertThatIllegalStateException().isThrownBy(() -> descriptor.awaitReadable(Duration.ZERO));
    assertThat(descriptor.isClosed()).isTrue();
    assertThat(calls.made).containsExactly("REQUEST on 5", "close 5");
  }

  @Test
  void closeWaitsForRequestsThatAreUnderWay() throws InterruptedException {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    Calls calls =
        new Calls() {
          @Override
          public void ioctl(int fd, Ioctl request, @Nullable Pointer argument) {
            inside.countDown();
            try {
              leave.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            super.ioctl(fd, request, argument);
          }
        };
    Descriptor descriptor = new Descriptor(calls, 5, "thing");
    Thread requesting = Thread.ofPlatform().start(() -> descriptor.ioctl(REQUEST, null));
    inside.await();
    Thread closing = Thread.ofPlatform().start(descriptor::close);
    await().until(() -> closing.getState() == Thread.State.WAITING);

    leave.countDown();
    requesting.join();
    closing.join();

    assertThat(calls.made).containsExactly("REQUEST on 5", "close 5");
  }

  private static class Calls implements Kernel {
    final List<String> made = Collections.synchronizedList(new ArrayList<>());

    @Override
    public int open(Path device) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close(int fd) {
      made.add("close " + fd);
    }

    @Override
    public void ioctl(int fd, Ioctl request, @Nullable Pointer argument) {
      made.add(request + " on " + fd);
    }

    @Override
    public int read(int fd, Pointer buffer, int length) {
      made.add("read " + length + " on " + fd);
      return 0;
    }

    @Override
    public int write(int fd, Pointer buffer, int length) {
      made.add("write " + length + " on " + fd);
      return length;
    }

    @Override
    public boolean awaitReadable(int fd, Duration timeout) {
      made.add("await on " + fd);
      return true;
    }
  }
}
