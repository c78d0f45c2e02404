package io.vsmmu.iommufd;

import io.vsmmu.iommufd.smmu.SmmuCapabilities;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a VM's tree consists of: enough for another process that has the context to use it. Object
 * ids are valid in that one context.
 *
 * @param ioas id of the address space
 * @param initialProxy what the devices are to be attached to first
 */
public record TreeDescription(
    int ioas,
    InitialProxy initialProxy,
    List<NestingParent> nestingParents,
    List<Viommu> viommus,
    List<Device> devices) {

  public TreeDescription {
    nestingParents = List.copyOf(nestingParents);
    viommus = List.copyOf(viommus);
    devices = List.copyOf(devices);
  }

  /**
   * Stage 2 page tables.
   *
   * @param smmu the physical SMMU that it was made for
   */
  public record NestingParent(int id, String smmu) {}

  /**
   * The vIOMMU of one physical SMMU and its proxies.
   *
   * @param nestingParent id of the nesting parent it is on
   * @param bypass id of the nested page table that bypasses stage 1
   * @param abort id of the nested page table that aborts
   */
  public record Viommu(
      int id,
      String smmu,
      int nestingParent,
      int bypass,
      int abort,
      SmmuCapabilities capabilities) {}

  /**
   * A device of the VM.
   *
   * @param viommu id of its vIOMMU
   * @param virtualStreamId the id that the guest knows it by, when a vDEVICE was made
   */
  public record Device(String pciAddress, String smmu, int viommu, OptionalLong virtualStreamId) {

    static Device unlinked(TreeDevice device, int viommu) {
      return new Device(device.pciAddress(), device.smmu(), viommu, OptionalLong.empty());
    }

    Device unlinked() {
      return new Device(pciAddress, smmu, viommu, OptionalLong.empty());
    }

    Device linked(long virtualStreamId) {
      return new Device(pciAddress, smmu, viommu, OptionalLong.of(virtualStreamId));
    }
  }

  /** The vIOMMU for a physical SMMU. */
  public Optional<Viommu> viommuOf(String smmu) {
    return viommus.stream().filter(viommu -> viommu.smmu().equals(smmu)).findFirst();
  }

  /** The device with that PCI address. */
  public Optional<Device> device(String pciAddress) {
    return devices.stream().filter(device -> device.pciAddress().equals(pciAddress)).findFirst();
  }
}
