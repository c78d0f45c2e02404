package io.vsmmu.iommufd.topology;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One PCI function as sysfs shows it. What could not be read is absent and named in {@link
 * #faults()}.
 *
 * @param address its address, the only name that lasts across reboots
 * @param vendor vendor id, {@link #UNREADABLE} when not known
 * @param device device id, {@link #UNREADABLE} when not known
 * @param classCode base class, subclass and programming interface (24 bits), 0 when not known
 * @param driver the driver it is bound to
 * @param driverOverride the only driver that may bind it, when one was set
 * @param iommuGroup number of its isolation group; changes across reboots
 * @param numaNode its NUMA node; absent when the platform names none
 * @param smmu name of the physical SMMU that translates for it ({@code smmu3.0x…})
 * @param vfioDevice name of its VFIO character device ({@code vfio0}), while on a VFIO driver;
 *     changes with every bind
 * @param physicalFunction for an SR-IOV virtual function, the function that it belongs to
 * @param virtualFunctions its SR-IOV virtual functions; absent when it can have none
 * @param bridges the bridges above it, from the root port down; empty for one on the root complex
 * @param resetMethods how the kernel can reset it alone ({@code flr}, {@code pm}, {@code bus}, …),
 *     in the order that it tries them; empty when it cannot
 * @param reservedRegions what its group keeps of the IO address space
 * @param faults what sysfs left out or garbled, one sentence each; empty when all was read
 */
public record PciFunction(
    PciAddress address,
    int vendor,
    int device,
    int classCode,
    @Nullable String driver,
    @Nullable String driverOverride,
    @Nullable Integer iommuGroup,
    @Nullable Integer numaNode,
    @Nullable String smmu,
    @Nullable String vfioDevice,
    @Nullable PciAddress physicalFunction,
    @Nullable VirtualFunctions virtualFunctions,
    List<PciAddress> bridges,
    List<String> resetMethods,
    List<ReservedRegion> reservedRegions,
    List<String> faults) {

  /** The id that PCI gives to "nobody answered". */
  public static final int UNREADABLE = 0xffff;

  private static final int BRIDGE = 0x06;

  /**
   * Bridges of no kind that PCI knows (PCI Code and ID Assignment, 1.7): what their vendors took
   * for one, such as NVSwitches, which virtual machines do have. No PCI bus is below them.
   */
  private static final int OTHER_BRIDGE = 0x0680;

  /** A driver that only keeps others away: it does no DMA, and VFIO takes it for none. */
  private static final String STUB = "pci-stub";

  public PciFunction {
    bridges = List.copyOf(bridges);
    resetMethods = List.copyOf(resetMethods);
    reservedRegions = List.copyOf(reservedRegions);
    faults = List.copyOf(faults);
  }

  /** Base class and subclass: {@code 0x0200} for an Ethernet controller. */
  public int baseClassAndSubclass() {
    return classCode >>> 8;
  }

  /** Whether it is a bridge, which stays with the host and does not count for its group. */
  public boolean bridge() {
    return classCode >>> 16 == BRIDGE && baseClassAndSubclass() != OTHER_BRIDGE;
  }

  /** Whether a driver of the host has it, so that no other function of its group can be used. */
  public boolean heldByHost() {
    return driver != null && !onVfio() && !bridge() && !driver.equals(STUB);
  }

  /** Whether it sits on vfio-pci or a variant of it, as its character device tells. */
  public boolean onVfio() {
    return vfioDevice != null;
  }
}
