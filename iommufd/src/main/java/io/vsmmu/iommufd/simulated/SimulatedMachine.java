package io.vsmmu.iommufd.simulated;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A running simulated node: its device nodes, its drivers, and the kernel's iommufd and VFIO. It
 * knows open files, not descriptor numbers: those belong to the processes in front of it ({@link
 * SimulatedKernel} for one in this JVM). Safe for use by several threads.
 */
public final class SimulatedMachine {

  /** The node that gives iommufd contexts. */
  public static final Path IOMMU = Path.of("/dev/iommu");

  /** Where the VFIO character devices are. */
  public static final Path VFIO_DEVICES = Path.of("/dev/vfio/devices");

  public SimulatedMachine(SimulatedNode node) {
    throw new UnsupportedOperationException("not yet");
  }

  /** What the machine was made from. */
  public SimulatedNode node() {
    throw new UnsupportedOperationException("not yet");
  }

  /**
   * Opens a device node.
   *
   * @throws io.vsmmu.iommufd.kernel.KernelException ENOENT when there is none, e.g. since the
   *     device is on no VFIO driver
   */
  public OpenFile open(Path device) {
    throw new UnsupportedOperationException("not yet");
  }

  /** What the kernel does when the last descriptor that refers to the file is closed. */
  public void release(OpenFile file) {
    throw new UnsupportedOperationException("not yet");
  }

  /**
   * Makes a request.
   *
   * @param argument address of the structure in the caller's memory
   * @throws io.vsmmu.iommufd.kernel.KernelException what the request gives
   */
  public void ioctl(OpenFile file, int request, long argument, Caller caller) {
    throw new UnsupportedOperationException("not yet");
  }

  /** The driver that a device is on now. */
  public Optional<String> driver(String pciAddress) {
    throw new UnsupportedOperationException("not yet");
  }

  /**
   * Moves a device to another driver, or to none.
   *
   * @throws io.vsmmu.iommufd.kernel.KernelException EBUSY while its VFIO node is open (the real
   *     kernel waits there until it is closed); ENODEV when there is no such device
   */
  public void bindDriver(String pciAddress, @Nullable String driver) {
    throw new UnsupportedOperationException("not yet");
  }
}
