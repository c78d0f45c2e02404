package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.simulated.KernelObject.EventQueue;
import io.vsmmu.iommufd.simulated.KernelObject.Vdevice;
import io.vsmmu.iommufd.simulated.VfioFile.Binding;
import io.vsmmu.iommufd.uapi.IommuVeventArmSmmuv3;
import io.vsmmu.iommufd.uapi.IommuVeventqAlloc;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A PCI function at run time. */
final class FunctionState {

  /** Keeps other drivers away and does no DMA (driver_managed_dma). */
  private static final String STUB = "pci-stub";

  private final SimulatedDevice device;
  private final SmmuState smmu;
  private final GroupState group;
  private @Nullable String driver;
  private boolean leaving;
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

  /** Its driver is about to be taken: nobody can open it any more. */
  void leave() {
    leaving = true;
  }

  void setDriver(@Nullable String driver) {
    this.driver = driver;
    leaving = false;
  }

  /** Whether it is on a driver that makes a VFIO node for it, which can be opened. */
  boolean hasVfioNode() {
    return !leaving && driver != null && SimulatedNode.isVfioDriver(driver);
  }

  /** Whether a driver other than VFIO's does DMA with it. */
  boolean ownedByHost() {
    return driver != null && !SimulatedNode.isVfioDriver(driver) && !driver.equals(STUB);
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

  /** Gives an event to the guest that has the device; tells whether there is a queue for it. */
  boolean report(List<Long> record) {
    Binding binding = boundFile == null ? null : boundFile.binding();
    Vdevice link = binding == null ? null : binding.device().link();
    if (binding == null || link == null) {
      return false;
    }
    Optional<EventQueue> queue =
        binding
            .context()
            .all(EventQueue.class)
            .filter(each -> each.viommu() == link.viommu())
            .filter(each -> each.type() == IommuVeventqAlloc.IOMMU_VEVENTQ_TYPE_ARM_SMMUV3)
            .findFirst();
    queue.ifPresent(each -> each.events().add(asGuestSeesIt(record, link.virtId())));
    return queue.isPresent();
  }

  private static IommuVeventArmSmmuv3 asGuestSeesIt(List<Long> record, long virtualStreamId) {
    IommuVeventArmSmmuv3 event = new IommuVeventArmSmmuv3();
    Arrays.setAll(event.evt, record::get);
    event.evt[0] = event.evt[0] & 0xffff_ffffL | virtualStreamId << 32;
    return event;
  }
}
