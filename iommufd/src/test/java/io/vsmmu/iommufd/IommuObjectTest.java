package io.vsmmu.iommufd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.jna.Pointer;
import io.vsmmu.iommufd.kernel.ForwardingKernel;
import io.vsmmu.iommufd.kernel.Ioctl;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.uapi.IommuDestroy;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class IommuObjectTest {

  /** The kernel gives a free id to the next object: destroying twice could hit somebody else's. */
  @Test
  void anObjectIsDestroyedOnceWhoeverClosesIt() throws Exception {
    AtomicInteger destroyed = new AtomicInteger();
    CountDownLatch mayGoOn = new CountDownLatch(1);
    IommuContext context =
        Nodes.context(
            new ForwardingKernel(new SimulatedKernel(SimulatedNode.small())) {
              @Override
              public void ioctl(int fd, Ioctl request, @Nullable Pointer argument) {
                if (request.equals(IommuDestroy.REQUEST)) {
                  destroyed.incrementAndGet();
                  awaitUninterruptibly(mayGoOn);
                }
                super.ioctl(fd, request, argument);
              }
            });
    Ioas ioas = context.allocateIoas();
    List<FutureTask<Void>> closings =
        Stream.generate(() -> new FutureTask<Void>(ioas::close, null)).limit(2).toList();

    List<Thread> threads =
        closings.stream().map(each -> Thread.ofPlatform().daemon().start(each)).toList();
    await().until(() -> threads.stream().noneMatch(thread -> runs(thread.getState())));
    mayGoOn.countDown();
    for (FutureTask<Void> closing : closings) {
      closing.get();
    }

    assertThat(destroyed).hasValue(1);
  }

  private static boolean runs(Thread.State state) {
    return state == Thread.State.NEW || state == Thread.State.RUNNABLE;
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
