package io.vsmmu.iommufd.simulated.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.vsmmu.iommufd.fdpass.SocketType;
import io.vsmmu.iommufd.fdpass.UnixSocket;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import io.vsmmu.iommufd.simulated.Caller;
import io.vsmmu.iommufd.simulated.CallingProcess;
import io.vsmmu.iommufd.simulated.HostFile;
import io.vsmmu.iommufd.simulated.OpenFile;
import io.vsmmu.iommufd.simulated.SimulatedMachine;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.simulated.UserMemory;
import io.vsmmu.iommufd.uapi.IommuIoasAlloc;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ConnectionTest {

  /** As when the context that a device is being bound to is closed by another process. */
  @Test
  void aRequestFindsFilesWhileOneIsReleased() {
    var machine = new SimulatedMachine(SimulatedNode.small());
    var busy = machine.open(SimulatedMachine.IOMMU);
    try (var ends = UnixSocket.pair(SocketType.SEQPACKET)) {
      var connection =
          new Connection(ends.first(), 1, machine, machine.open(SimulatedMachine.IOMMU));
      var atWork =
          new CallerAtWork(() -> {
            var ending = Thread.ofPlatform().daemon().start(connection::end);
            await().until(() -> ending.getState() == Thread.State.WAITING);
            CompletableFuture.runAsync(() -> assertThat(connection.fileIfOpen()).isNull())
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
          });

      // The machine is locked while it reads a request.
      assertThatExceptionOfType(KernelException.class)
          .isThrownBy(() -> machine.ioctl(busy, IommuIoasAlloc.REQUEST.number(), 0, atWork))
          .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.EFAULT));

      connection.awaitEnd();
      assertThat(machine.usage().contexts()).isEqualTo(1);
    }
  }

  /** Does something when its request is read, which fails. */
  private record CallerAtWork(Runnable work) implements Caller, UserMemory {
    @Override
    public CallingProcess process() {
      throw new UnsupportedOperationException();
    }

    @Override
    public UserMemory memory() {
      return this;
    }

    @Override
    public @Nullable OpenFile file(int fd) {
      throw new UnsupportedOperationException();
    }

    @Override
    public HostFile hostFile(int fd) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int install(OpenFile file) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void uninstall(int fd) {
      throw new UnsupportedOperationException();
    }

    @Override
    public byte[] read(long address, int length) {
      work.run();
      throw new KernelException("read", Errno.EFAULT);
    }

    @Override
    public void write(long address, byte[] bytes) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void requirePinnable(long address, long length, boolean writable) {
      throw new UnsupportedOperationException();
    }
  }
}
