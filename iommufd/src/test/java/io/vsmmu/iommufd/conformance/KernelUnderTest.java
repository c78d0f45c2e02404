package io.vsmmu.iommufd.conformance;

import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.kernel.Kernel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.opentest4j.TestAbortedException;

/**
 * What the tests run on.
 *
 * @param iommu the node that gives contexts
 * @param groups devices that nobody else uses, by iommu group
 */
record KernelUnderTest(Kernel kernel, Path iommu, List<List<TreeDevice>> groups) {

  /** Ends a row that this machine cannot produce; it counts as neither passed nor failed. */
  static TestAbortedException notProduced(String need) {
    return new TestAbortedException("not produced: it needs " + need);
  }

  /** Those that are alone in their groups. */
  List<TreeDevice> devices() {
    return groups.stream().filter(group -> group.size() == 1).map(List::getFirst).toList();
  }

  List<TreeDevice> all() {
    return groups.stream().flatMap(List::stream).toList();
  }

  TreeDevice anyDevice() {
    return devices().stream().findFirst().orElseThrow(() -> notProduced("a device"));
  }

  /** Two devices behind one SMMU, each alone in its group. */
  List<TreeDevice> twoOfOneSmmu() {
    return bySmmu().values().stream()
        .filter(each -> each.size() > 1)
        .findFirst()
        .orElseThrow(() -> notProduced("two devices behind one SMMU"))
        .subList(0, 2);
  }

  /** Two devices behind an SMMU each; the first is {@link #anyDevice}. */
  List<TreeDevice> twoOfTwoSmmus() {
    TreeDevice first = anyDevice();
    TreeDevice second =
        devices().stream()
            .filter(each -> !each.smmu().equals(first.smmu()))
            .findFirst()
            .orElseThrow(() -> notProduced("devices behind two SMMUs"));
    return List.of(first, second);
  }

  /** Two devices of one iommu group. */
  List<TreeDevice> twoOfOneGroup() {
    return groups.stream()
        .filter(group -> group.size() > 1)
        .findFirst()
        .orElseThrow(() -> notProduced("two devices of one iommu group"))
        .subList(0, 2);
  }

  static List<List<TreeDevice>> grouped(Map<TreeDevice, Integer> devices) {
    Map<Integer, List<TreeDevice>> groups = new TreeMap<>();
    devices.forEach(
        (device, group) -> groups.computeIfAbsent(group, key -> new ArrayList<>()).add(device));
    return List.copyOf(groups.values());
  }

  private Map<String, List<TreeDevice>> bySmmu() {
    return devices().stream().collect(Collectors.groupingBy(TreeDevice::smmu));
  }
}
