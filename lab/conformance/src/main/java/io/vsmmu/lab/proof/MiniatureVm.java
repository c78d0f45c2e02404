package io.vsmmu.lab.proof;

import io.vsmmu.iommufd.BoundDevice;
import io.vsmmu.iommufd.ProxyHwpts;
import io.vsmmu.iommufd.VirtualIommu;
import io.vsmmu.iommufd.VmTree;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.lab.edu.EduDevice;
import java.util.Random;

/**
 * The least that a VM needs for its DMA to be seen: some memory, and a device that this program
 * makes do DMA. The tree stays the caller's.
 *
 * <p>The guest's memory is in two places. {@link #memory} holds page tables, a page to send from
 * and pages to send to. {@link #decoy} lies at the guest-physical addresses that have the numbers
 * of the guest's virtual ones: without stage 1, DMA to those would end there.
 */
final class MiniatureVm {
  /** By which the guest knows the device. */
  static final int STREAM_ID = 0x11;

  static final int SOURCE = StageOne.PAGES;
  static final int TARGET = SOURCE + 1;

  static final long VIRTUAL_SOURCE = 0x200_0000;
  static final long VIRTUAL_TARGET = 0x200_1000;

  /** Stage 1 maps it to where the guest has no memory. */
  static final long VIRTUAL_NOWHERE = 0x200_2000;

  /** Stage 1 maps it to the source page, and lets nobody write there. */
  static final long VIRTUAL_READ_ONLY = 0x200_4000;

  /** Stage 1 does not map it. */
  static final long VIRTUAL_UNMAPPED = 0x200_3000;

  private static final int DECOY_PAGES = 5;
  private static final long BASE = 0x100_0000;
  private static final long NOWHERE = 0x300_0000;

  private final VmTree tree;
  private final String device;
  private final String elsewhere;
  private final EduDevice edu;
  private final GuestMemory memory;
  private final GuestMemory decoy;

  /** Different in every run, so that nothing of an earlier one is taken for this one's. */
  private final Random random = new Random();

  /**
   * Maps the memory and starts the device.
   *
   * @param tree with both devices in it and nothing mapped below 256 MB
   * @param device an edu behind one SMMU, without vDEVICE or with stream id {@link #STREAM_ID}
   * @param elsewhere a device behind another SMMU
   */
  MiniatureVm(Kernel kernel, VmTree tree, String device, String elsewhere) {
    this.tree = tree;
    this.device = device;
    this.elsewhere = elsewhere;
    this.edu = EduDevice.start(kernel, bound().device());
    this.memory = new GuestMemory(tree.ioas(), BASE, TARGET + 1);
    this.decoy = new GuestMemory(tree.ioas(), VIRTUAL_SOURCE, DECOY_PAGES);
  }

  EduDevice edu() {
    return edu;
  }

  GuestMemory memory() {
    return memory;
  }

  GuestMemory decoy() {
    return decoy;
  }

  /** The device whose DMA is seen. */
  BoundDevice bound() {
    return tree.boundDevice(device);
  }

  /** The vIOMMU for it. */
  VirtualIommu viommu() {
    return tree.viommuOf(device);
  }

  /** The proxies for it. */
  ProxyHwpts proxies() {
    return tree.proxiesOf(device);
  }

  /** The vIOMMU of the other SMMU. */
  VirtualIommu otherViommu() {
    return tree.viommuOf(elsewhere);
  }

  /** The proxies on the vIOMMU of the other SMMU. */
  ProxyHwpts otherProxies() {
    return tree.proxiesOf(elsewhere);
  }

  /** Makes the device known to the guest as {@link #STREAM_ID}; does nothing when it is. */
  void link() {
    if (tree.describe().device(device).orElseThrow().virtualStreamId().isEmpty()) {
      var _ = viommu().allocateVdevice(bound(), STREAM_ID);
    }
  }

  /** Puts the linked device behind the guest's own tables, which map what the constants say. */
  void attachStageOne() {
    var tables = new StageOne(memory, 0, VIRTUAL_SOURCE, 1 + random.nextInt(0xff));
    tables.map(VIRTUAL_SOURCE, memory.address(SOURCE));
    tables.map(VIRTUAL_TARGET, memory.address(TARGET));
    tables.mapReadOnly(VIRTUAL_READ_ONLY, memory.address(SOURCE));
    tables.map(VIRTUAL_NOWHERE, NOWHERE);
    bound().attach(viommu().allocateNested(bound(), tables.entry()));
  }

  /** A page of bytes that nobody else has. */
  byte[] pattern() {
    byte[] bytes = new byte[GuestMemory.PAGE];
    random.nextBytes(bytes);
    return bytes;
  }
}
