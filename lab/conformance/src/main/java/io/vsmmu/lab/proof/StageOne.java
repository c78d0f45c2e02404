package io.vsmmu.lab.proof;

import io.vsmmu.iommufd.smmu.Vste;

/**
 * A guest's own translation: a context descriptor and page tables in guest memory, as a driver in
 * the guest would write them (Arm SMMUv3 architecture, 5.4 Context Descriptor; Arm ARM, D8
 * VMSAv8-64). 39-bit addresses, 4 KiB granule, three levels of one table each: all that is mapped
 * lies within the same 2 MiB.
 */
final class StageOne {

  /** Pages of guest memory that it takes. */
  static final int PAGES = 4;

  // Word 0 of a context descriptor.
  private static final long T0SZ_39_BITS = 64 - 39;
  private static final long WALKS_CACHED = 1L << 8 | 1L << 10 | 3L << 12;
  private static final long EPD1 = 1L << 30;
  private static final long VALID = 1L << 31;
  private static final long AARCH64 = 1L << 41;
  private static final long RECORD_FAULTS = 1L << 45;
  private static final long ABORT_ON_FAULT = 1L << 46;
  private static final int ASID_SHIFT = 48;

  /** Attribute 0 is normal memory, write-back. */
  private static final long MAIR = 0xff;

  /** S1CIR, S1COR, S1CSH of a stream table entry: the context descriptor is cached. */
  private static final long CONTEXT_CACHED = 1L << 2 | 1L << 4 | 3L << 6;

  // Descriptors in page tables.
  private static final long TABLE = 3;
  private static final long UNPRIVILEGED = 1L << 6;
  private static final long READ_ONLY = 1L << 7;
  private static final long INNER_SHAREABLE = 3L << 8;
  private static final long ACCESSED = 1L << 10;
  private static final long NOT_GLOBAL = 1L << 11;
  private static final long LEAF = 3 | UNPRIVILEGED | INNER_SHAREABLE | ACCESSED | NOT_GLOBAL;

  private static final int REGION_BITS = 21;

  private final GuestMemory memory;
  private final int context;
  private final int leaves;
  private final long region;

  /**
   * Writes tables that map nothing yet.
   *
   * @param first the first of {@link #PAGES} pages
   * @param region an address in the 2 MiB that can be mapped
   * @param asid 0 to 0xff; what the SMMU caches of these tables it keeps under this number
   */
  StageOne(GuestMemory memory, int first, long region, int asid) {
    this.memory = memory;
    this.context = first;
    this.leaves = first + 3;
    this.region = region >>> REGION_BITS;
    for (int page = first; page < first + PAGES; page++) {
      memory.fill(page, 0);
    }
    memory.writeWord(
        context,
        0,
        T0SZ_39_BITS
            | WALKS_CACHED
            | EPD1
            | VALID
            | AARCH64
            | RECORD_FAULTS
            | ABORT_ON_FAULT
            | (long) asid << ASID_SHIFT);
    memory.writeWord(context, 1, memory.address(first + 1));
    memory.writeWord(context, 3, MAIR);
    memory.writeWord(first + 1, index(region, 30), memory.address(first + 2) | TABLE);
    memory.writeWord(first + 2, index(region, REGION_BITS), memory.address(leaves) | TABLE);
  }

  /**
   * Maps one page, readable and writable.
   *
   * @param virtual what the device sends
   * @param physical guest-physical address that it means
   */
  void map(long virtual, long physical) {
    describe(virtual, physical | LEAF);
  }

  /** As {@link #map}, but readable only. */
  void mapReadOnly(long virtual, long physical) {
    describe(virtual, physical | LEAF | READ_ONLY);
  }

  private void describe(long virtual, long descriptor) {
    if (virtual >>> REGION_BITS != region) {
      throw new IllegalArgumentException(
          "0x%x is not in the 2 MiB at 0x%x".formatted(virtual, region << REGION_BITS));
    }
    memory.writeWord(leaves, index(virtual, 12), descriptor);
  }

  /** The stream table entry that puts a device behind these tables. */
  Vste entry() {
    return Vste.translate(memory.address(context), 0, 0, CONTEXT_CACHED);
  }

  private static int index(long address, int shift) {
    return (int) (address >>> shift) & 0x1ff;
  }
}
