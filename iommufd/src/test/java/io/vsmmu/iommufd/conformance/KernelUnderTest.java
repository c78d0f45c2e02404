package io.vsmmu.iommufd.conformance;

import static org.assertj.core.api.Assumptions.assumeThat;

import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.kernel.Kernel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What the tests run on.
 *
 * @param iommu the node that gives contexts
 * @param devices devices that nobody else uses, each alone in its iommu group
 */
record KernelUnderTest(Kernel kernel, Path iommu, List<TreeDevice> devices) {

  TreeDevice anyDevice() {
    return devices.getFirst();
  }

  /** Two devices behind one SMMU; skips the test when there are none. */
  List<TreeDevice> twoOfOneSmmu() {
    List<TreeDevice> two =
        bySmmu().values().stream().filter(each -> each.size() > 1).findFirst().orElse(List.of());
    assumeThat(two).as("two devices behind one SMMU").isNotEmpty();
    return two.subList(0, 2);
  }

  /** Two devices behind an SMMU each; skips the test when there are none. */
  List<TreeDevice> twoOfTwoSmmus() {
    List<TreeDevice> firsts = bySmmu().values().stream().map(List::getFirst).toList();
    assumeThat(firsts).as("devices behind different SMMUs").hasSizeGreaterThan(1);
    return firsts.subList(0, 2);
  }

  private Map<String, List<TreeDevice>> bySmmu() {
    return devices.stream().collect(Collectors.groupingBy(TreeDevice::smmu));
  }
}
