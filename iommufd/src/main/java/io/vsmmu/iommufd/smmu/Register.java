package io.vsmmu.iommufd.smmu;

/** A 32-bit register and its fields. */
record Register(int value) {

  boolean bit(int position) {
    return (value >>> position & 1) != 0;
  }

  int bits(int high, int low) {
    return (int) ((value & 0xFFFF_FFFFL) >>> low) & (int) ((1L << (high - low + 1)) - 1);
  }
}
