package io.vsmmu.iommufd.simulated;

import com.sun.jna.Pointer;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.Ioctl;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.kernel.KernelException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A simulated machine as one process sees it: the process's descriptor table. Its memory is that of
 * this JVM. Safe for use by several threads.
 */
public final class SimulatedKernel implements Kernel {

  /** Above the numbers of this JVM's own files, which requests can name too. */
  private static final int FIRST_DESCRIPTOR = 1 << 16;

  private static final int ROOT = 0;
  private static final int SOMEBODY = 107;
  private static final AtomicLong PROCESSES = new AtomicLong();

  private final SimulatedMachine machine;
  private final CallingProcess process;
  private final UserMemory memory = new JvmMemory();
  private final Map<Integer, SharedFile> descriptors = new HashMap<>();

  /** A process of root on a machine of its own. */
  public SimulatedKernel(SimulatedNode node) {
    this(new SimulatedMachine(node), true);
  }

  /**
   * A process on a machine that may have others, without a limit on locked memory.
   *
   * @param privileged whether it is one of root, with all capabilities
   */
  public SimulatedKernel(SimulatedMachine machine, boolean privileged) {
    this(machine, privileged ? ROOT : SOMEBODY, CallingProcess.UNLIMITED, privileged, privileged);
  }

  /**
   * A process without privileges on a machine that may have others.
   *
   * @param lockedMemory RLIMIT_MEMLOCK in bytes
   */
  public SimulatedKernel(SimulatedMachine machine, int uid, long lockedMemory) {
    this(machine, uid, lockedMemory, false, false);
  }

  private SimulatedKernel(
      SimulatedMachine machine, int uid, long lockedMemory, boolean sysResource, boolean ipcLock) {
    this.machine = machine;
    // Negative, so that it is no pid: a machine may have processes of both kinds.
    this.process =
        new CallingProcess(PROCESSES.decrementAndGet(), uid, lockedMemory, sysResource, ipcLock);
  }

  public SimulatedMachine machine() {
    return machine;
  }

  /** Opens a node as named in the node, e.g. {@code /dev/iommu}. */
  @Override
  public int open(Path device) {
    return install(new SharedFile(machine, machine.open(device)));
  }

  @Override
  public void close(int fd) {
    SharedFile file;
    synchronized (descriptors) {
      file = descriptors.remove(fd);
    }
    if (file == null) {
      throw new KernelException("close of descriptor " + fd, Errno.EBADF);
    }
    file.drop();
  }

  @Override
  public void ioctl(int fd, Ioctl request, @Nullable Pointer argument) {
    OpenFile file = require(fd, request.name());
    machine.ioctl(file, request.number(), Pointer.nativeValue(argument), new ThisProcess());
  }

  @Override
  public int read(int fd, Pointer buffer, int length) {
    byte[] bytes = machine.read(require(fd, "read"), length);
    memory.write(Pointer.nativeValue(buffer), bytes);
    return bytes.length;
  }

  @Override
  public int write(int fd, Pointer buffer, int length) {
    OpenFile file = require(fd, "write");
    return machine.write(file, memory.read(Pointer.nativeValue(buffer), length));
  }

  @Override
  public boolean awaitReadable(int fd, Duration timeout) {
    return machine.awaitReadable(require(fd, "poll"), timeout);
  }

  private OpenFile require(int fd, String call) {
    OpenFile file = fileOf(fd);
    if (file == null) {
      throw new KernelException(call + " on descriptor " + fd, Errno.EBADF);
    }
    return file;
  }

  /**
   * Gives another process a descriptor of the same open file, as SCM_RIGHTS does.
   *
   * @return the number in the other process
   */
  public int pass(int fd, SimulatedKernel receiver) {
    if (receiver.machine != machine) {
      throw new IllegalArgumentException("the receiver is on another machine");
    }
    SharedFile file;
    synchronized (descriptors) {
      file = descriptors.get(fd);
      if (file == null) {
        throw new KernelException("pass of descriptor " + fd, Errno.EBADF);
      }
      file.share();
    }
    return receiver.install(file);
  }

  /** Ends the process: closes all of its descriptors. */
  public void exit() {
    ArrayList<SharedFile> open;
    synchronized (descriptors) {
      open = new ArrayList<>(descriptors.values());
      descriptors.clear();
    }
    open.forEach(SharedFile::drop);
  }

  private int install(SharedFile file) {
    synchronized (descriptors) {
      int fd = FIRST_DESCRIPTOR;
      while (descriptors.containsKey(fd)) {
        fd++;
      }
      descriptors.put(fd, file);
      return fd;
    }
  }

  private @Nullable OpenFile fileOf(int fd) {
    synchronized (descriptors) {
      SharedFile file = descriptors.get(fd);
      return file == null ? null : file.file;
    }
  }

  private final class ThisProcess implements Caller {
    @Override
    public UserMemory memory() {
      return memory;
    }

    @Override
    public @Nullable OpenFile file(int fd) {
      return fileOf(fd);
    }

    @Override
    public CallingProcess process() {
      return process;
    }

    @Override
    public HostFile hostFile(int fd) {
      return HostFile.of(fd);
    }

    @Override
    public int install(OpenFile file) {
      return SimulatedKernel.this.install(new SharedFile(machine, file));
    }

    @Override
    public void uninstall(int fd) {
      close(fd);
    }
  }

  /** An open file and how many descriptors refer to it. */
  private static final class SharedFile {
    private final SimulatedMachine machine;
    private final OpenFile file;
    private int descriptors = 1;

    SharedFile(SimulatedMachine machine, OpenFile file) {
      this.machine = machine;
      this.file = file;
    }

    synchronized void share() {
      descriptors++;
    }

    void drop() {
      synchronized (this) {
        descriptors--;
        if (descriptors > 0) {
          return;
        }
      }
      machine.release(file);
    }
  }
}
