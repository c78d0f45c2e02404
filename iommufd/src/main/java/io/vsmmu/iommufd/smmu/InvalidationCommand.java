package io.vsmmu.iommufd.smmu;

import java.util.Locale;
import java.util.OptionalInt;

/**
 * A command of the guest that drops what the SMMU, or a device's ATC, caches of the guest's stage 1
 * (Arm SMMUv3 architecture, chapter 4). These are all that the kernel takes from a guest; it puts
 * the VM's VMID and the device's real stream id in.
 */
public sealed interface InvalidationCommand {

  /** First of the two 64-bit words. */
  long word0();

  /** Second of the two 64-bit words. */
  long word1();

  /** TLBI_NSNH_ALL: all translations of the VM. */
  record TlbiNsnhAll() implements InvalidationCommand {
    private static final int OPCODE = 0x30;

    @Override
    public long word0() {
      return OPCODE;
    }

    @Override
    public long word1() {
      return 0;
    }
  }

  /** TLBI_NH_ALL: all stage 1 translations of the VM. */
  record TlbiNhAll() implements InvalidationCommand {
    private static final int OPCODE = 0x10;

    @Override
    public long word0() {
      return OPCODE;
    }

    @Override
    public long word1() {
      return 0;
    }
  }

  /**
   * TLBI_NH_ASID: all translations of an address space.
   *
   * @param asid 0 to 65535
   */
  record TlbiNhAsid(int asid) implements InvalidationCommand {
    private static final int OPCODE = 0x11;

    public TlbiNhAsid {
      CommandFields.requireAsid(asid);
    }

    @Override
    public long word0() {
      return OPCODE | CommandFields.asid(asid);
    }

    @Override
    public long word1() {
      return 0;
    }
  }

  /**
   * TLBI_NH_VA: the translations of addresses in an address space.
   *
   * @param asid 0 to 65535
   */
  record TlbiNhVa(int asid, TlbRange range) implements InvalidationCommand {
    private static final int OPCODE = 0x12;

    public TlbiNhVa {
      CommandFields.requireAsid(asid);
    }

    @Override
    public long word0() {
      return OPCODE | CommandFields.asid(asid) | range.word0();
    }

    @Override
    public long word1() {
      return range.word1();
    }
  }

  /** TLBI_NH_VAA: the translations of addresses in all address spaces. */
  record TlbiNhVaa(TlbRange range) implements InvalidationCommand {
    private static final int OPCODE = 0x13;

    @Override
    public long word0() {
      return OPCODE | range.word0();
    }

    @Override
    public long word1() {
      return range.word1();
    }
  }

  /**
   * CFGI_CD: one context descriptor.
   *
   * @param virtualStreamId of the device, in the guest
   * @param substreamId the descriptor's place in its table, 0 to 2^20-1
   * @param leaf only the descriptor, not the table that points to it
   */
  record CfgiCd(long virtualStreamId, int substreamId, boolean leaf)
      implements InvalidationCommand {
    private static final int OPCODE = 0x05;

    public CfgiCd {
      CommandFields.requireStreamId(virtualStreamId);
      CommandFields.requireSubstreamId(substreamId);
    }

    @Override
    public long word0() {
      return OPCODE
          | CommandFields.substreamId(substreamId)
          | CommandFields.streamId(virtualStreamId);
    }

    @Override
    public long word1() {
      return leaf ? 1 : 0;
    }
  }

  /** CFGI_CD_ALL: all context descriptors of a device. */
  record CfgiCdAll(long virtualStreamId) implements InvalidationCommand {
    private static final int OPCODE = 0x06;

    public CfgiCdAll {
      CommandFields.requireStreamId(virtualStreamId);
    }

    @Override
    public long word0() {
      return OPCODE | CommandFields.streamId(virtualStreamId);
    }

    @Override
    public long word1() {
      return 0;
    }
  }

  /**
   * ATC_INV: translations that the device itself keeps.
   *
   * @param substreamId of whose addresses; empty for those without one
   * @param address page-aligned to the size
   * @param size log2 of the number of 4 KiB pages, 0 to 52; 52 for all addresses
   */
  record AtcInv(long virtualStreamId, OptionalInt substreamId, long address, int size)
      implements InvalidationCommand {

    /** All addresses. */
    public static final int ALL = 52;

    private static final int OPCODE = 0x40;
    private static final int PAGE_SHIFT = 12;

    public AtcInv {
      CommandFields.requireStreamId(virtualStreamId);
      substreamId.ifPresent(CommandFields::requireSubstreamId);
      if (size < 0 || size > ALL) {
        throw new IllegalArgumentException("size " + size + " is not in 0 to " + ALL);
      }
      long offset = size == ALL ? -1 : (1L << (PAGE_SHIFT + size)) - 1;
      if ((address & offset) != 0) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT, "0x%x is not aligned to 2^%d pages of 4 KiB", address, size));
      }
    }

    @Override
    public long word0() {
      return OPCODE
          | (substreamId.isPresent() ? CommandFields.SUBSTREAM_VALID : 0)
          | CommandFields.substreamId(substreamId.orElse(0))
          | CommandFields.streamId(virtualStreamId);
    }

    @Override
    public long word1() {
      return address | size;
    }
  }
}
