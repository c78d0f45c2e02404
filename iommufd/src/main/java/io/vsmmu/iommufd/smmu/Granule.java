package io.vsmmu.iommufd.smmu;

/** A size of translation pages and the bit of IDR5 that tells of it. */
enum Granule {
  GRAN4K("4K", 4),
  GRAN16K("16K", 5),
  GRAN64K("64K", 6);

  private final String size;
  private final int bit;

  Granule(String size, int bit) {
    this.size = size;
    this.bit = bit;
  }

  int bit() {
    return bit;
  }

  @Override
  public String toString() {
    return size;
  }
}
