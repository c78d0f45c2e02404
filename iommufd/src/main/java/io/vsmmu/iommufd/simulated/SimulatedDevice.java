package io.vsmmu.iommufd.simulated;

import org.jspecify.annotations.Nullable;

/**
 * A PCI function of a simulated node.
 *
 * @param pciAddress e.g. {@code 0000:09:00.0}
 * @param smmu name of the SMMU it is behind
 * @param group number of its iommu group
 * @param numaNode -1 when it has none
 * @param vendor four hex digits, e.g. {@code 8086}
 * @param device four hex digits
 * @param deviceClass class and subclass: four hex digits, e.g. {@code 0200}
 * @param cdev name of its node in {@code /dev/vfio/devices} while it is on a VFIO driver
 * @param driver the driver that it starts with, or null
 * @param directReserved whether it has a {@code direct} reserved region and thus cannot be bound
 * @param resettable whether the kernel knows a way to reset it alone
 * @param physicalFunction the address of the function whose virtual one it is, or null
 */
public record SimulatedDevice(
    String pciAddress,
    String smmu,
    int group,
    int numaNode,
    String vendor,
    String device,
    String deviceClass,
    String cdev,
    @Nullable String driver,
    boolean directReserved,
    boolean resettable,
    @Nullable String physicalFunction) {

  /** A function that can be reset and is no virtual one. */
  public SimulatedDevice(
      String pciAddress,
      String smmu,
      int group,
      int numaNode,
      String vendor,
      String device,
      String deviceClass,
      String cdev,
      @Nullable String driver,
      boolean directReserved) {
    this(
        pciAddress,
        smmu,
        group,
        numaNode,
        vendor,
        device,
        deviceClass,
        cdev,
        driver,
        directReserved,
        true,
        null);
  }

  /** The same function, starting with another driver. */
  public SimulatedDevice withDriver(@Nullable String other) {
    return copy(group, other, directReserved, resettable);
  }

  /** The same function in another iommu group. */
  public SimulatedDevice withGroup(int other) {
    return copy(other, driver, directReserved, resettable);
  }

  /** The same function, but firmware keeps DMA of it going to a {@code direct} region. */
  public SimulatedDevice withDirectRegion() {
    return copy(group, driver, true, resettable);
  }

  /** The same function, but there is no way to reset it. */
  public SimulatedDevice withoutReset() {
    return copy(group, driver, directReserved, false);
  }

  private SimulatedDevice copy(
      int group, @Nullable String driver, boolean directReserved, boolean resettable) {
    return new SimulatedDevice(
        pciAddress,
        smmu,
        group,
        numaNode,
        vendor,
        device,
        deviceClass,
        cdev,
        driver,
        directReserved,
        resettable,
        physicalFunction);
  }
}
