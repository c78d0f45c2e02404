package io.vsmmu.iommufd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import com.sun.jna.Pointer;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.ForwardingKernel;
import io.vsmmu.iommufd.kernel.Ioctl;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import io.vsmmu.iommufd.simulated.SimulatedMachine;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.uapi.VfioDeviceBindIommufd;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class IommuContextTest {

  @Test
  void aFreshContextCanChargeTheProcess() {
    IommuContext context = Nodes.context(new SimulatedKernel(SimulatedNode.small()));

    context.chargeProcess();

    assertThat(context.chargesProcess()).isTrue();
  }

  @Test
  void chargingTheProcessNeedsACapabilityAndAFreshContext() {
    SimulatedMachine machine = new SimulatedMachine(SimulatedNode.small());
    IommuContext unprivileged = Nodes.context(new SimulatedKernel(machine, false));
    IommuContext used = Nodes.context(new SimulatedKernel(machine, true));
    used.allocateIoas();

    assertThatExceptionOfType(IommuException.class)
        .isThrownBy(unprivileged::chargeProcess)
        .withMessageContaining("IOMMU_OPTION on RLIMIT_MODE")
        .withMessageContaining("EPERM")
        .withMessageContaining("CAP_SYS_RESOURCE");
    assertThatExceptionOfType(IommuException.class)
        .isThrownBy(used::chargeProcess)
        .withMessageContaining("EBUSY")
        .withMessageContaining("fresh context");
  }

  @Test
  void aNodeThatIsNotThere() {
    SimulatedKernel kernel = new SimulatedKernel(SimulatedNode.small());

    assertThatExceptionOfType(IommuException.class)
        .isThrownBy(() -> IommuContext.open(kernel, Path.of("/dev/nothing")))
        .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT))
        .withMessageContaining("iommufd module");
  }

  @Test
  void nothingWorksAfterClose() {
    IommuContext context = Nodes.context(new SimulatedKernel(SimulatedNode.small()));
    context.close();
    context.close();

    assertThatIllegalStateException().isThrownBy(context::allocateIoas);
    assertThatIllegalStateException().isThrownBy(context::fd);
  }

  /** The request has the context's number, which may be another file's after a close. */
  @Test
  void isNotClosedWhileADeviceIsBoundToIt() throws Exception {
    SimulatedNode node = SimulatedNode.small().onVfio();
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch mayGoOn = new CountDownLatch(1);
    ForwardingKernel kernel =
        new ForwardingKernel(new SimulatedKernel(node)) {
          @Override
          public void ioctl(int fd, Ioctl request, @Nullable Pointer argument) {
            if (request.equals(VfioDeviceBindIommufd.REQUEST)) {
              inside.countDown();
              awaitUninterruptibly(mayGoOn);
            }
            super.ioctl(fd, request, argument);
          }
        };
    IommuContext context = Nodes.context(kernel);
    TreeDevice any = Nodes.devices(node).getFirst();
    VfioDevice device = VfioDevice.open(kernel, any.cdev(), any.pciAddress());
    FutureTask<BoundDevice> binding = new FutureTask<>(() -> device.bind(context));
    var _ = Thread.ofPlatform().daemon().start(binding);
    inside.await();

    Thread closing = Thread.ofPlatform().daemon().start(context::close);
    try {
      await().until(() -> closing.getState() == Thread.State.WAITING);
    } finally {
      mayGoOn.countDown();
    }

    assertThat(binding.get().id()).isEqualTo(1);
    closing.join();
    device.close();
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
