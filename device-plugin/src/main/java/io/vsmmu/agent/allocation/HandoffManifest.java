package io.vsmmu.agent.allocation;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The manifest of a hand-off, field by field as it goes over the socket in JSON.
 *
 * @param version of this form: {@link #VERSION}
 * @param allocation id of the allocation
 * @param fds what each descriptor is: {@code iommufd}, then {@code vfio:} and a PCI address each
 * @param ioas object id of the IO address space
 * @param initialProxy the proxy that devices are attached to first: {@code bypass} or {@code abort}
 * @param nestingParents stage-2 page tables, one per physical SMMU unless the kernel shares them
 * @param viommus virtual SMMU instances, one per physical SMMU; empty without nesting
 * @param devices every handed function
 */
public record HandoffManifest(
    int version,
    String allocation,
    List<String> fds,
    int ioas,
    String initialProxy,
    List<NestingParent> nestingParents,
    List<Viommu> viommus,
    List<HandedDevice> devices) {

  public static final int VERSION = 1;

  public HandoffManifest {
    fds = List.copyOf(fds);
    nestingParents = List.copyOf(nestingParents);
    viommus = List.copyOf(viommus);
    devices = List.copyOf(devices);
  }

  /** A stage-2 page table and the SMMU that it was made for. */
  public record NestingParent(int id, String smmu) {}

  /**
   * A virtual SMMU instance.
   *
   * @param id object id
   * @param type {@code arm-smmuv3}
   * @param smmu physical SMMU
   * @param nestingParent object id of its stage-2 page table
   * @param bypass object id of the proxy that lets everything through stage 1
   * @param abort object id of the proxy that lets nothing through
   * @param capabilities what a guest's SMMU can be given
   */
  public record Viommu(
      int id,
      String type,
      String smmu,
      int nestingParent,
      int bypass,
      int abort,
      Capabilities capabilities) {}

  /**
   * What the physical SMMU can do, in the words of QEMU's {@code arm-smmuv3}.
   *
   * @param oas output address size, bits
   * @param ssidsize substream id size, bits
   * @param sidsize stream id size, bits
   * @param ril range invalidation
   * @param ats address translation services
   * @param granules of {@code 4K}, {@code 16K}, {@code 64K}
   */
  public record Capabilities(
      int oas, int ssidsize, int sidsize, boolean ril, boolean ats, List<String> granules) {

    public Capabilities {
      granules = List.copyOf(granules);
    }
  }

  /**
   * A handed function.
   *
   * @param pciAddress its address on the node
   * @param smmu its physical SMMU
   * @param viommu object id of its virtual SMMU instance; absent without nesting
   * @param vsid its stream id within that instance; absent while unbound
   * @param cdev path of its character device in the container
   * @param bound whether it is bound to the context; an unbound one is bound by the receiver
   */
  public record HandedDevice(
      String pciAddress,
      String smmu,
      @Nullable Integer viommu,
      @Nullable Integer vsid,
      String cdev,
      boolean bound) {}
}
