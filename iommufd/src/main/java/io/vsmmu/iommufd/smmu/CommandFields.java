package io.vsmmu.iommufd.smmu;

/** Fields that commands and event records have in common, and their ranges. */
final class CommandFields {
  static final long SUBSTREAM_VALID = 1L << 11;
  static final int SUBSTREAM_ID_SHIFT = 12;
  static final int SUBSTREAM_ID_MASK = 0xFFFFF;
  static final int STREAM_ID_SHIFT = 32;

  private static final int ASID_SHIFT = 48;
  private static final int MAX_ASID = 0xFFFF;
  private static final long MAX_STREAM_ID = 0xFFFF_FFFFL;

  private CommandFields() {}

  static long streamId(long id) {
    return id << STREAM_ID_SHIFT;
  }

  static long substreamId(int id) {
    return (long) id << SUBSTREAM_ID_SHIFT;
  }

  static long asid(int asid) {
    return (long) asid << ASID_SHIFT;
  }

  static void requireStreamId(long id) {
    require(id >= 0 && id <= MAX_STREAM_ID, "stream id", id, MAX_STREAM_ID);
  }

  static void requireSubstreamId(int id) {
    require(id >= 0 && id <= SUBSTREAM_ID_MASK, "substream id", id, SUBSTREAM_ID_MASK);
  }

  static void requireAsid(int asid) {
    require(asid >= 0 && asid <= MAX_ASID, "ASID", asid, MAX_ASID);
  }

  static void require(boolean holds, String what, long value, long most) {
    if (!holds) {
      throw new IllegalArgumentException(what + " " + value + " is not in 0 to " + most);
    }
  }
}
