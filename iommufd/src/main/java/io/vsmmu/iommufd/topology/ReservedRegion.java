package io.vsmmu.iommufd.topology;

/**
 * An IO virtual address range that the IOMMU group keeps for itself, a line of {@code
 * iommu_group/reserved_regions}.
 *
 * @param first first address
 * @param last last address, inclusive; both are unsigned
 * @param type the kernel's word: {@code msi}, {@code direct}, {@code reserved}, …
 */
public record ReservedRegion(long first, long last, String type) {

  /** Whether the firmware demands a 1:1 mapping here: iommufd refuses to bind such a device. */
  public boolean direct() {
    return type.equals("direct");
  }
}
