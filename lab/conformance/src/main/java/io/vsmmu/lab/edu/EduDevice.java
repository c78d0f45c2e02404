package io.vsmmu.lab.edu;

import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.kernel.Kernel;
import java.time.Duration;

/**
 * An {@code edu} device that is bound to a context. It has a buffer of 4 KiB and copies between
 * that and memory by DMA; what an address means is up to the SMMU in front of it.
 *
 * <p>Not safe for use by several threads.
 */
public final class EduDevice {
  public static final int PCI_VENDOR = 0x1234;
  public static final int PCI_DEVICE = 0x11e8;

  /** Of the device's buffer. */
  public static final int BUFFER_BYTES = 4096;

  /** The device has this many address lines; it drops what is above. */
  public static final int ADDRESS_BITS = 28;

  private static final int VENDOR_ID = 0;
  private static final int DEVICE_ID = 2;
  private static final int COMMAND = 4;
  private static final int COMMAND_MEMORY = 1 << 1;
  private static final int COMMAND_BUS_MASTER = 1 << 2;

  private static final int IDENTIFICATION = 0x00;
  private static final int DMA_SOURCE = 0x80;
  private static final int DMA_DESTINATION = 0x88;
  private static final int DMA_COUNT = 0x90;
  private static final int DMA_COMMAND = 0x98;
  private static final int DMA_RUN = 1;
  private static final int DMA_TO_MEMORY = 1 << 1;

  /** Where the device has its buffer, seen by its own DMA engine. */
  private static final int BUFFER = 0x40000;

  /** A transfer takes 100 ms of the emulated machine's time. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final VfioDevice device;
  private final DeviceRegion registers;

  private EduDevice(VfioDevice device, DeviceRegion registers) {
    this.device = device;
    this.registers = registers;
  }

  /**
   * Whether a device is an {@code edu}.
   *
   * @param device bound to a context
   * @throws io.vsmmu.iommufd.kernel.KernelException EINVAL when it is not bound
   */
  public static boolean isOne(Kernel kernel, VfioDevice device) {
    return isOne(configurationOf(kernel, device));
  }

  private static boolean isOne(DeviceRegion configuration) {
    return configuration.read16(VENDOR_ID) == PCI_VENDOR
        && configuration.read16(DEVICE_ID) == PCI_DEVICE;
  }

  private static DeviceRegion configurationOf(Kernel kernel, VfioDevice device) {
    return DeviceRegion.of(kernel, device, VfioRegionInfo.VFIO_PCI_CONFIG_REGION_INDEX);
  }

  /**
   * Lets the device do DMA. Binding has reset it before.
   *
   * @param device bound to a context
   * @throws IllegalArgumentException when it is no edu
   * @throws io.vsmmu.iommufd.kernel.KernelException EINVAL when it is not bound
   */
  public static EduDevice start(Kernel kernel, VfioDevice device) {
    DeviceRegion configuration = configurationOf(kernel, device);
    if (!isOne(configuration)) {
      throw new IllegalArgumentException(
          "%s is %04x:%04x, not an edu (%04x:%04x)"
              .formatted(
                  device,
                  configuration.read16(VENDOR_ID),
                  configuration.read16(DEVICE_ID),
                  PCI_VENDOR,
                  PCI_DEVICE));
    }
    configuration.write16(
        COMMAND, configuration.read16(COMMAND) | COMMAND_MEMORY | COMMAND_BUS_MASTER);
    DeviceRegion registers =
        DeviceRegion.of(kernel, device, VfioRegionInfo.VFIO_PCI_BAR0_REGION_INDEX);
    int identification = registers.read32(IDENTIFICATION);
    if ((identification & 0xffff) != 0x00ed) {
      throw new IllegalStateException(
          "%s: its first register reads 0x%08x, not 0x….00ed: is BAR 0 there?"
              .formatted(device, identification));
    }
    return new EduDevice(device, registers);
  }

  /**
   * Copies from memory to the beginning of the device's buffer. Returns when the device says that
   * it is done, which it also does when the SMMU let nothing through.
   *
   * @param address as the device sends it, below 2^{@value #ADDRESS_BITS}
   * @param bytes 1 to {@value #BUFFER_BYTES}
   */
  public void load(long address, int bytes) {
    run(requireAddress(address), BUFFER, requireLength(bytes), DMA_RUN);
  }

  /** Copies from the beginning of the device's buffer to memory; otherwise as {@link #load}. */
  public void store(long address, int bytes) {
    run(BUFFER, requireAddress(address), requireLength(bytes), DMA_RUN | DMA_TO_MEMORY);
  }

  private void run(int source, int destination, int bytes, int command) {
    registers.write32(DMA_SOURCE, source);
    registers.write32(DMA_DESTINATION, destination);
    registers.write32(DMA_COUNT, bytes);
    registers.write32(DMA_COMMAND, command);
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while ((registers.read32(DMA_COMMAND) & DMA_RUN) != 0) {
      if (System.nanoTime() - deadline > 0) {
        throw new IllegalStateException(
            "%s did not finish its DMA within %s".formatted(device, PATIENCE));
      }
      Thread.yield();
    }
  }

  private static int requireAddress(long address) {
    if (address < 0 || address + BUFFER_BYTES > 1L << ADDRESS_BITS) {
      throw new IllegalArgumentException(
          "address 0x%x is beyond what an edu can send (%d bits)".formatted(address, ADDRESS_BITS));
    }
    return (int) address;
  }

  private static int requireLength(int bytes) {
    if (bytes < 1 || bytes > BUFFER_BYTES) {
      throw new IllegalArgumentException(
          bytes + " bytes do not fit into an edu's buffer of " + BUFFER_BYTES);
    }
    return bytes;
  }

  @Override
  public String toString() {
    return device.toString();
  }
}
