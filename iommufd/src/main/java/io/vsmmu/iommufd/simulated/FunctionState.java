package io.vsmmu.iommufd.simulated;

import org.jspecify.annotations.Nullable;

/** A PCI function at run time. */
final class FunctionState {
  private final SimulatedDevice device;
  private final SmmuState smmu;
  private final GroupState group;
  private @Nullable String driver;
  private int openFiles;
  private @Nullable VfioFile boundFile;

  FunctionState(SimulatedDevice device, SmmuState smmu, GroupState group) {
    this.device = device;
    this.smmu = smmu;
    this.group = group;
    this.driver = device.driver();
    group.add(this);
  }

  SimulatedDevice device() {
    return device;
  }

  SmmuState smmu() {
    return smmu;
  }

  GroupState group() {
    return group;
  }

  @Nullable String driver() {
    return driver;
  }

  void setDriver(@Nullable String driver) {
    this.driver = driver;
  }

  /** Whether it is on a driver that makes a VFIO node for it. */
  boolean onVfio() {
    return driver != null && SimulatedNode.isVfioDriver(driver);
  }

  /** Whether a driver other than VFIO's does DMA with it. */
  boolean ownedByHost() {
    return driver != null && !SimulatedNode.isVfioDriver(driver);
  }

  int openFiles() {
    return openFiles;
  }

  void opened() {
    openFiles++;
  }

  void closed() {
    openFiles--;
  }

  @Nullable VfioFile boundFile() {
    return boundFile;
  }

  void setBoundFile(@Nullable VfioFile file) {
    boundFile = file;
  }
}
