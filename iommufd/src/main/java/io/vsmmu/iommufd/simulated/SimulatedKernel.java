package io.vsmmu.iommufd.simulated;

import com.sun.jna.Pointer;
import io.vsmmu.iommufd.kernel.Ioctl;
import io.vsmmu.iommufd.kernel.Kernel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A simulated machine as one process sees it: the process's descriptor table. Its memory is that of
 * this JVM.
 */
public final class SimulatedKernel implements Kernel {

  /** A process of root on a machine of its own. */
  public SimulatedKernel(SimulatedNode node) {
    this(new SimulatedMachine(node), true);
  }

  /**
   * @param sysResource whether the process has CAP_SYS_RESOURCE
   */
  public SimulatedKernel(SimulatedMachine machine, boolean sysResource) {
    throw new UnsupportedOperationException("not yet");
  }

  public SimulatedMachine machine() {
    throw new UnsupportedOperationException("not yet");
  }

  @Override
  public int open(Path device) {
    throw new UnsupportedOperationException("not yet");
  }

  @Override
  public void close(int fd) {
    throw new UnsupportedOperationException("not yet");
  }

  @Override
  public void ioctl(int fd, Ioctl request, @Nullable Pointer argument) {
    throw new UnsupportedOperationException("not yet");
  }

  /**
   * Gives another process a descriptor of the same open file, as SCM_RIGHTS does.
   *
   * @return the number in the other process
   */
  public int pass(int fd, SimulatedKernel receiver) {
    throw new UnsupportedOperationException("not yet");
  }

  /** Ends the process: closes all of its descriptors. */
  public void exit() {
    throw new UnsupportedOperationException("not yet");
  }
}
