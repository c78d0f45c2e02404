package io.vsmmu.iommufd;

import io.vsmmu.iommufd.topology.IommuGroup;
import io.vsmmu.iommufd.topology.NodeTopology;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.PciFunction;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/** Finds out why a device's isolation group keeps it from being bound. */
final class GroupDiagnosis {

  private GroupDiagnosis() {}

  /**
   * What is in the way, and what to do; empty when the topology does not know the device.
   *
   * @param device its PCI address
   */
  static Optional<String> of(NodeTopology topology, String device) {
    return PciAddress.tryParse(device)
        .flatMap(topology::function)
        .map(PciFunction::iommuGroup)
        .flatMap(topology::group)
        .map(group -> of(topology, group, device));
  }

  private static String of(NodeTopology topology, IommuGroup group, String device) {
    List<PciFunction> held =
        group.functions().stream()
            .map(topology::function)
            .flatMap(Optional::stream)
            .filter(function -> !function.address().toString().equals(device))
            .filter(PciFunction::heldByHost)
            .toList();
    return held.isEmpty() ? ownerOrInterrupts(group) : siblings(group, held);
  }

  private static String siblings(IommuGroup group, List<PciFunction> held) {
    return held.stream()
            .map(function ->
                "%s is on %s"
                    .formatted(function.address(), Objects.requireNonNull(function.driver())))
            .collect(Collectors.joining(" and ", "of its iommu group " + group.number() + ", ", ""))
        + "; move every function of the group to a VFIO driver, or to none";
  }

  private static String ownerOrInterrupts(IommuGroup group) {
    return "no function of its iommu group "
        + group.number()
        + " is on a host driver; so another iommufd context has a device of the group, which must"
        + " be closed first, or the platform does not isolate MSIs (a GICv2m instead of an ITS)";
  }
}
