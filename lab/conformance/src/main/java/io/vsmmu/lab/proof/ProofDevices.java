package io.vsmmu.lab.proof;

import io.vsmmu.iommufd.TreeDevice;
import java.util.List;

/**
 * The devices that the proofs use.
 *
 * @param edu an {@code edu} device behind one SMMU
 * @param elsewhere an {@code edu} device behind another
 */
public record ProofDevices(TreeDevice edu, TreeDevice elsewhere) {
  /**
   * Takes the first device, and the first one behind another SMMU.
   *
   * @param edus {@code edu} devices on vfio-pci
   * @throws IllegalArgumentException when all are behind one SMMU
   */
  public static ProofDevices of(List<TreeDevice> edus) {
    TreeDevice first =
        edus.stream()
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException("there is no edu device"));
    TreeDevice other =
        edus.stream()
            .filter(device -> !device.smmu().equals(first.smmu()))
            .findFirst()
            .orElseThrow(
                () -> new IllegalArgumentException("all edu devices are behind " + first.smmu()));
    return new ProofDevices(first, other);
  }

  List<TreeDevice> both() {
    return List.of(edu, elsewhere);
  }
}
