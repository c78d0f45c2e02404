package io.vsmmu.demo;

import io.vsmmu.api.v1alpha1.PodReference;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.api.v1alpha1.VirtualIommuStatus;
import io.vsmmu.api.v1alpha1.VirtualMachineStatus;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Draws the iommufd objects that a VSmmu's status reports. */
final class StatusTree {

  private StatusTree() {}

  /** One tree per virtual machine, with the nesting parents' and vIOMMUs' SMMUs beside them. */
  static List<String> draw(VSmmuStatus status) {
    return status.virtualMachines().stream().flatMap(vm -> node(vm).lines().stream()).toList();
  }

  private static Branch node(VirtualMachineStatus vm) {
    var parents =
        vm.nestingParents().stream()
            .map(parent ->
                new Branch(
                    "nesting parent %d (stage 2) on %s".formatted(parent.id(), parent.smmu()),
                    vm.viommus().stream()
                        .filter(viommu -> viommu.nestingParent().equals(parent.id()))
                        .map(viommu -> node(vm, viommu))
                        .toList()))
            .toList();
    return new Branch(
        "iommufd of %s, %s".formatted(nameOf(vm.pod()), vm.state()),
        List.of(new Branch("IOAS " + vm.ioas(), parents)));
  }

  private static Branch node(VirtualMachineStatus vm, VirtualIommuStatus viommu) {
    var devices =
        vm.devices().stream()
            .filter(device -> viommu.id().equals(device.viommu()))
            .map(device -> Branch.leaf("device " + device.pciAddress()))
            .toList();
    return new Branch(
        "vIOMMU %d, proxies: bypass %d, abort %d"
            .formatted(viommu.id(), viommu.bypass(), viommu.abort()),
        devices);
  }

  private static String nameOf(@Nullable PodReference pod) {
    return pod == null ? "a pod not known yet" : "pod " + pod.namespace() + "/" + pod.name();
  }

  private record Branch(String label, List<Branch> children) {

    static Branch leaf(String label) {
      return new Branch(label, List.of());
    }

    List<String> lines() {
      var lines = new ArrayList<String>();
      lines.add(label);
      for (var child : children) {
        boolean last = child == children.getLast();
        var below = child.lines();
        lines.add((last ? "└─ " : "├─ ") + below.getFirst());
        below.stream().skip(1).forEach(line -> lines.add((last ? "   " : "│  ") + line));
      }
      return lines;
    }
  }
}
