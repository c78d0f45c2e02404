package io.vsmmu.iommufd.topology;

import java.util.List;

/**
 * An isolation group: its members reach each other behind the SMMU's back and go to one owner.
 *
 * @param number changes across reboots
 * @param functions its members, bridges included, in order
 */
public record IommuGroup(int number, List<PciAddress> functions) {

  public IommuGroup {
    functions = List.copyOf(functions);
  }
}
