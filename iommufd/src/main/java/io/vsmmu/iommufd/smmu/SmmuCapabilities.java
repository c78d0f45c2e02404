package io.vsmmu.iommufd.smmu;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * What one SMMUv3 can do: its identification registers, as GET_HW_INFO hands them out, and their
 * fields (Arm SMMUv3 architecture, chapter 6.3). The kernel passes the hardware's registers on:
 * what a VM can use may be less. Values that the architecture reserves are passed on, not refused:
 * hardware may be newer than this class.
 *
 * @param idr IDR0 to IDR5; IDR4 is up to the implementation and has no fields here
 * @param iidr who made it, see {@link #implementer()}
 * @param aidr the architecture's version, see {@link #architecture()}
 */
public record SmmuCapabilities(List<Integer> idr, int iidr, int aidr) {
  private static final int REGISTERS = 6;

  private static final int[] INPUT_ADDRESS_BITS = {48, 52, 56, 0};
  private static final int[] OUTPUT_ADDRESS_BITS = {32, 36, 40, 42, 44, 48, 52, 56};

  /** IDR0.TTF: formats of translation tables. */
  public enum TableFormat {
    RESERVED,
    AARCH32,
    AARCH64,
    AARCH32_AND_AARCH64
  }

  /** IDR0.TTENDIAN: byte order of translation tables. */
  public enum TableEndianness {
    MIXED,
    RESERVED,
    LITTLE,
    BIG
  }

  /** IDR0.HTTU: hardware updates of table entries. */
  public enum TableUpdates {
    NONE,
    ACCESS,
    ACCESS_AND_DIRTY,
    /** Access flags of table descriptors as well (SMMUv3.4). */
    ACCESS_AND_DIRTY_AND_TABLES
  }

  /** IDR0.STALL_MODEL: whether a fault can wait for software. */
  public enum StallModel {
    SUPPORTED,
    NONE,
    FORCED,
    RESERVED
  }

  /**
   * @throws IllegalArgumentException for another number of registers
   */
  public SmmuCapabilities {
    idr = List.copyOf(idr);
    if (idr.size() != REGISTERS) {
      throw new IllegalArgumentException("IDR0 to IDR5 expected, not " + idr.size());
    }
  }

  /**
   * Takes the registers as the kernel gives them.
   *
   * @param idr IDR0 to IDR5
   * @throws IllegalArgumentException for another number of registers
   */
  public static SmmuCapabilities decode(int[] idr, int iidr, int aidr) {
    return new SmmuCapabilities(Arrays.stream(idr).boxed().toList(), iidr, aidr);
  }

  /**
   * Makes the checks that QEMU makes before it puts a guest's SMMU in front of this one.
   *
   * @param guest what the guest's SMMU is to offer, e.g. {@link VirtualSmmu#capabilities()}
   * @return what is in the way; empty when they fit
   */
  public List<Mismatch> compatibleWith(SmmuCapabilities guest) {
    return GuestCheck.all(this, guest);
  }

  /** Whether both stages are there; not whether the kernel can nest them on this platform. */
  public boolean bothStages() {
    return stage1() && stage2();
  }

  /** IDR0.S2P. */
  public boolean stage2() {
    return register(0).bit(0);
  }

  /** IDR0.S1P. */
  public boolean stage1() {
    return register(0).bit(1);
  }

  /** IDR0.TTF. */
  public TableFormat tableFormat() {
    return TableFormat.values()[register(0).bits(3, 2)];
  }

  /** IDR0.COHACC: table walks are coherent. */
  public boolean coherent() {
    return register(0).bit(4);
  }

  /** IDR0.BTM: broadcast TLB maintenance. */
  public boolean broadcastTlbMaintenance() {
    return register(0).bit(5);
  }

  /** IDR0.HTTU. */
  public TableUpdates httu() {
    return TableUpdates.values()[register(0).bits(7, 6)];
  }

  /** IDR0.ATS. */
  public boolean ats() {
    return register(0).bit(10);
  }

  /** IDR0.ASID16: 16-bit ASIDs, 8-bit otherwise. */
  public boolean asid16() {
    return register(0).bit(12);
  }

  /** IDR0.MSI: its own interrupts can be MSIs. */
  public boolean msi() {
    return register(0).bit(13);
  }

  /** IDR0.PRI. */
  public boolean pri() {
    return register(0).bit(16);
  }

  /** IDR0.VMID16: 16-bit VMIDs, 8-bit otherwise. */
  public boolean vmid16() {
    return register(0).bit(18);
  }

  /** How many VMs it can tell apart: each takes a VMID. */
  public int vmids() {
    return vmid16() ? 1 << 16 : 1 << 8;
  }

  /** IDR0.CD2L: tables of context descriptors can have two levels. */
  public boolean twoLevelContexts() {
    return register(0).bit(19);
  }

  /** IDR0.TTENDIAN. */
  public TableEndianness tableEndianness() {
    return TableEndianness.values()[register(0).bits(22, 21)];
  }

  /** IDR0.STALL_MODEL. */
  public StallModel stall() {
    return StallModel.values()[register(0).bits(25, 24)];
  }

  /** IDR0.ST_LEVEL: stream tables can have two levels; other values than 0 and 1 are reserved. */
  public int streamTableLevels() {
    return register(0).bits(28, 27) + 1;
  }

  /** IDR1.SIDSIZE: bits of a stream id, 0 to 32. */
  public int sidSize() {
    return register(1).bits(5, 0);
  }

  /** IDR1.SSIDSIZE: bits of a substream id (PASID), 0 to 20. */
  public int ssidSize() {
    return register(1).bits(10, 6);
  }

  /** IDR1.PRIQS: log2 of the entries that the queue of page requests can have, 0 to 19. */
  public int priQueueSize() {
    return register(1).bits(15, 11);
  }

  /** IDR1.EVENTQS: log2 of the entries that the event queue can have, 0 to 19. */
  public int eventQueueSize() {
    return register(1).bits(20, 16);
  }

  /** IDR1.CMDQS: log2 of the entries that the command queue can have, 0 to 19. */
  public int commandQueueSize() {
    return register(1).bits(25, 21);
  }

  /** IDR1.ECMDQ: enhanced command queues. */
  public boolean enhancedCommandQueues() {
    return register(1).bit(31);
  }

  /** IDR2.BA_VATOS: page of the VATOS registers, in 64 KiB from the base; 0 without VATOS. */
  public int vatosPage() {
    return register(2).bits(9, 0);
  }

  /** IDR3.HAD: hierarchical attributes can be switched off. */
  public boolean hierarchicalAttributeDisable() {
    return register(3).bit(2);
  }

  /** IDR3.XNX: execute-never for each privilege level at stage 2. */
  public boolean xnx() {
    return register(3).bit(4);
  }

  /** IDR3.MPAM: memory partitioning and monitoring. */
  public boolean mpam() {
    return register(3).bit(7);
  }

  /**
   * IDR3.FWB: stage 2 can force write-back, which nesting needs unless the platform guarantees
   * coherence.
   */
  public boolean s2fwb() {
    return register(3).bit(8);
  }

  /** IDR3.STT: small translation tables. */
  public boolean smallTables() {
    return register(3).bit(9);
  }

  /** IDR3.RIL: range invalidation. */
  public boolean ril() {
    return register(3).bit(10);
  }

  /** IDR3.BBML: break-before-make level, 0 to 2. */
  public int bbml() {
    return register(3).bits(12, 11);
  }

  /** IDR5.OAS: bits of an output address, 32 to 56. */
  public int oas() {
    return OUTPUT_ADDRESS_BITS[register(5).bits(2, 0)];
  }

  /** IDR5.GRAN4K, GRAN16K, GRAN64K, as {@code 4K}, {@code 16K}, {@code 64K}. */
  public List<String> granules() {
    return Stream.of(Granule.values()).filter(this::has).map(Granule::toString).toList();
  }

  boolean has(Granule granule) {
    return register(5).bit(granule.bit());
  }

  /** IDR5.VAX: bits of an input address, 48 to 56; 0 for the reserved value. */
  public int vax() {
    return INPUT_ADDRESS_BITS[register(5).bits(11, 10)];
  }

  /** IDR5.STALL_MAX: transactions that can be stalled at a time. */
  public int mostStalled() {
    return register(5).bits(31, 16);
  }

  /** AIDR.ArchMinorRev: minor version of SMMUv3, e.g. 2 for SMMUv3.2. */
  public int architecture() {
    return new Register(aidr).bits(3, 0);
  }

  /** IIDR.Implementer: JEP106 code, e.g. 0x43b for Arm. */
  public int implementer() {
    return new Register(iidr).bits(11, 0);
  }

  /** IIDR.Revision. */
  public int revision() {
    return new Register(iidr).bits(15, 12);
  }

  /** IIDR.Variant: major revision of the product. */
  public int variant() {
    return new Register(iidr).bits(19, 16);
  }

  /** IIDR.ProductID. */
  public int product() {
    return new Register(iidr).bits(31, 20);
  }

  private Register register(int number) {
    return new Register(idr.get(number));
  }
}
