package io.vsmmu.iommufd.smmu;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * An event record of an SMMUv3 (Arm SMMUv3 architecture, chapter 7.3): why it refused what a device
 * sent. In events of a vIOMMU the stream id is the guest's.
 *
 * @param words the record's four 64-bit words
 */
public record SmmuEvent(List<Long> words) {
  private static final int WORDS = 4;
  private static final int NUMBER_MASK = 0xFF;
  private static final int STALL = 31;
  private static final int READ = 35;
  private static final int STAGE_2 = 39;

  /** What happened; named as in the architecture. */
  public enum Type {
    F_UUT(0x01, true),
    C_BAD_STREAMID(0x02, false),
    F_STE_FETCH(0x03, false),
    C_BAD_STE(0x04, false),
    F_BAD_ATS_TREQ(0x05, true),
    F_STREAM_DISABLED(0x06, false),
    F_TRANSL_FORBIDDEN(0x07, true),
    C_BAD_SUBSTREAMID(0x08, false),
    F_CD_FETCH(0x09, false),
    C_BAD_CD(0x0a, false),
    F_WALK_EABT(0x0b, true),
    F_TRANSLATION(0x10, true),
    F_ADDR_SIZE(0x11, true),
    F_ACCESS(0x12, true),
    F_PERMISSION(0x13, true),
    F_TLB_CONFLICT(0x20, true),
    F_CFG_CONFLICT(0x21, false),
    E_PAGE_REQUEST(0x24, true),
    F_VMS_FETCH(0x25, false);

    private static final Map<Integer, Type> BY_NUMBER =
        Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(Type::number, t -> t));

    private final int number;
    private final boolean hasAddress;

    Type(int number, boolean hasAddress) {
      this.number = number;
      this.hasAddress = hasAddress;
    }

    public int number() {
      return number;
    }
  }

  /**
   * @throws IllegalArgumentException for another number of words
   */
  public SmmuEvent {
    words = List.copyOf(words);
    if (words.size() != WORDS) {
      throw new IllegalArgumentException("an event record has 4 words, not " + words.size());
    }
  }

  /** Takes a record as the kernel gives it. */
  public static SmmuEvent decode(long[] words) {
    return new SmmuEvent(Arrays.stream(words).boxed().toList());
  }

  /** The event's number, also when it is one that this class does not know. */
  public int number() {
    return (int) (words.get(0) & NUMBER_MASK);
  }

  /** Empty for an event that this class does not know. */
  public Optional<Type> type() {
    return Optional.ofNullable(Type.BY_NUMBER.get(number()));
  }

  /** The type's name, or the number in hexadecimal. */
  public String name() {
    return type().map(Type::name).orElseGet(() -> String.format(Locale.ROOT, "0x%02x", number()));
  }

  /** The device's stream id, 0 to 2^32-1. */
  public long streamId() {
    return words.get(0) >>> CommandFields.STREAM_ID_SHIFT;
  }

  /** The PASID, when what the device sent had one. */
  public OptionalInt substreamId() {
    return (words.get(0) & CommandFields.SUBSTREAM_VALID) == 0
        ? OptionalInt.empty()
        : OptionalInt.of(
            (int) (words.get(0) >>> CommandFields.SUBSTREAM_ID_SHIFT)
                & CommandFields.SUBSTREAM_ID_MASK);
  }

  /** The address that the device used, for events that have one. */
  public OptionalLong address() {
    return hasAddress() ? OptionalLong.of(words.get(2)) : OptionalLong.empty();
  }

  /** Whether the device wanted to read; not known for events without address. */
  public boolean isRead() {
    return hasAddress() && bit(READ);
  }

  /** Whether stage 2 refused, that is the host's tables. */
  public boolean isStage2() {
    return hasAddress() && bit(STAGE_2);
  }

  /** Whether what the device sent waits for software. */
  public boolean isStalled() {
    return hasAddress() && bit(STALL);
  }

  private boolean hasAddress() {
    return type().map(type -> type.hasAddress).orElse(false);
  }

  private boolean bit(int position) {
    return (words.get(1) >>> position & 1) != 0;
  }

  /** E.g. {@code F_TRANSLATION of stream 0x8 at 0x1000 (write, stage 1)}. */
  @Override
  public String toString() {
    String event = String.format(Locale.ROOT, "%s of stream 0x%x", name(), streamId());
    return hasAddress()
        ? event
            + String.format(
                Locale.ROOT,
                " at 0x%x (%s, stage %d)",
                words.get(2),
                isRead() ? "read" : "write",
                isStage2() ? 2 : 1)
        : event;
  }
}
