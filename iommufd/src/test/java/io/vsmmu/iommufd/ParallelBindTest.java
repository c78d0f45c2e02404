package io.vsmmu.iommufd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import com.sun.jna.Pointer;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.ForwardingKernel;
import io.vsmmu.iommufd.kernel.Ioctl;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.kernel.KernelException;
import io.vsmmu.iommufd.simulated.SimulatedDevice;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import io.vsmmu.iommufd.simulated.SimulatedMachine.Usage;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.uapi.VfioDeviceBindIommufd;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many devices are bound at once, and whatever goes wrong then is over when it is told. */
@Timeout(60)
class ParallelBindTest {
  private static final int MORE_THAN_AT_A_TIME = 40;
  private static final Usage ONLY_THE_CONTEXT = new Usage(1, 1, 0, 0);
  private static final Set<Thread.State> ASLEEP =
      EnumSet.of(Thread.State.WAITING, Thread.State.TIMED_WAITING);

  @Test
  void bindsAreUnderWayAtTheSameTime() {
    SimulatedNode node = SimulatedNode.graceLike().onVfio();
    SimulatedKernel machine = new SimulatedKernel(node);
    Kernel kernel = new MeetingInBind(machine, Nodes.devices(node).size());

    VmTree.build(Nodes.context(kernel), Nodes.devices(node), InitialProxy.BYPASS).close();

    assertThat(machine.machine().usage()).isEqualTo(ONLY_THE_CONTEXT);
  }

  /** Requests cannot be taken back; half a tree would be worse than a late one. */
  @Test
  void anInterruptedThreadFinishesItsTree() throws Exception {
    SimulatedNode node = manyDevices();
    SimulatedKernel machine = new SimulatedKernel(node);
    HeldBinds kernel = new HeldBinds(machine);
    FutureTask<Boolean> interrupted =
        new FutureTask<>(() -> {
          Thread.currentThread().interrupt();
          VmTree.build(Nodes.context(kernel), Nodes.devices(node), InitialProxy.BYPASS).close();
          return Thread.currentThread().isInterrupted();
        });
    Thread builder = Thread.ofPlatform().daemon().start(interrupted);
    await().until(() -> ASLEEP.contains(builder.getState()));

    kernel.letGo(MORE_THAN_AT_A_TIME);

    assertThat(interrupted.get()).isTrue();
    assertThat(machine.machine().usage()).isEqualTo(ONLY_THE_CONTEXT);
  }

  /** As when the process can have no more threads, or no more memory. */
  @Test
  void nothingIsLeftAfterAnErrorOfTheVirtualMachine() {
    SimulatedNode node = manyDevices();
    SimulatedKernel machine = new SimulatedKernel(node);
    Kernel kernel =
        new ForwardingKernel(machine) {
          @Override
          public void ioctl(int fd, Ioctl request, @Nullable Pointer argument) {
            if (request.name().equals("IOMMU_VIOMMU_ALLOC")) {
              throw new OutOfMemoryError("unable to create native thread");
            }
            super.ioctl(fd, request, argument);
          }
        };

    assertThatExceptionOfType(OutOfMemoryError.class)
        .isThrownBy(
            () -> VmTree.build(Nodes.context(kernel), Nodes.devices(node), InitialProxy.BYPASS));

    assertThat(machine.machine().usage()).isEqualTo(ONLY_THE_CONTEXT);
  }

  @Test
  void anErrorOfTheVirtualMachineInABindIsToldAsWhatItIs() {
    SimulatedNode node = SimulatedNode.small().onVfio();
    SimulatedKernel machine = new SimulatedKernel(node);
    Kernel kernel =
        new ForwardingKernel(machine) {
          @Override
          public void ioctl(int fd, Ioctl request, @Nullable Pointer argument) {
            if (request.equals(VfioDeviceBindIommufd.REQUEST)) {
              throw new OutOfMemoryError("no memory for the request");
            }
            super.ioctl(fd, request, argument);
          }
        };

    assertThatExceptionOfType(OutOfMemoryError.class)
        .isThrownBy(
            () -> VmTree.build(Nodes.context(kernel), Nodes.devices(node), InitialProxy.BYPASS));

    assertThat(machine.machine().usage()).isEqualTo(ONLY_THE_CONTEXT);
  }

  @Test
  void everyDeviceThatCannotBeBoundIsNamed() {
    SimulatedNode node =
        SimulatedNode.small().onVfio().withDevices(SimulatedDevice::withDirectRegion);
    SimulatedKernel machine = new SimulatedKernel(node);
    List<String> addresses = Nodes.devices(node).stream().map(TreeDevice::pciAddress).toList();

    assertThatExceptionOfType(IommuException.class)
        .isThrownBy(
            () -> VmTree.build(Nodes.context(machine), Nodes.devices(node), InitialProxy.BYPASS))
        .satisfies(e -> assertThat(e.object()).isEqualTo(addresses.getFirst()))
        .satisfies(e ->
            assertThat(e.getSuppressed())
                .extracting(Throwable::getMessage)
                .satisfiesExactly(
                    second -> assertThat(second).contains(addresses.get(1)),
                    third -> assertThat(third).contains(addresses.get(2))));
  }

  private static SimulatedNode manyDevices() {
    SimulatedNode node = SimulatedNode.small().onVfio();
    SimulatedDevice like = node.devices().getFirst();
    while (node.devices().size() < MORE_THAN_AT_A_TIME) {
      int number = node.devices().size();
      node =
          node.withMore(
              new SimulatedDevice(
                  "0000:10:%02x.0".formatted(number),
                  like.smmu(),
                  number,
                  like.numaNode(),
                  like.vendor(),
                  like.device(),
                  like.deviceClass(),
                  "vfio" + number,
                  like.driver(),
                  false));
    }
    return node;
  }

  /** Lets no bind go on until as many as there are devices have come. */
  private static final class MeetingInBind extends ForwardingKernel {
    private final CyclicBarrier barrier;

    MeetingInBind(Kernel delegate, int parties) {
      super(delegate);
      this.barrier = new CyclicBarrier(parties);
    }

    @Override
    public void ioctl(int fd, Ioctl request, @Nullable Pointer argument) {
      if (request.equals(VfioDeviceBindIommufd.REQUEST)) {
        try {
          barrier.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
          throw new KernelException("binds did not meet: " + e, Errno.ETIMEDOUT);
        }
      }
      super.ioctl(fd, request, argument);
    }
  }

  /** Binds take until they are let go; an interrupt does not end them, as in the kernel. */
  private static final class HeldBinds extends ForwardingKernel {
    private final Semaphore mayEnd = new Semaphore(0);

    HeldBinds(Kernel delegate) {
      super(delegate);
    }

    void letGo(int binds) {
      mayEnd.release(binds);
    }

    @Override
    public void ioctl(int fd, Ioctl request, @Nullable Pointer argument) {
      if (request.equals(VfioDeviceBindIommufd.REQUEST)) {
        mayEnd.acquireUninterruptibly();
      }
      super.ioctl(fd, request, argument);
    }
  }
}
