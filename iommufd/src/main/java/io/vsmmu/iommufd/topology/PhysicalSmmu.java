package io.vsmmu.iommufd.topology;

import java.util.List;

/**
 * A physical SMMU (on other platforms, an IOMMU unit).
 *
 * @param name as sysfs names it; for an SMMUv3 {@code smmu3.0x%016x} with its register base
 * @param functions the PCI functions that it translates for, in order
 */
public record PhysicalSmmu(String name, List<PciAddress> functions) {

  public PhysicalSmmu {
    functions = List.copyOf(functions);
  }
}
