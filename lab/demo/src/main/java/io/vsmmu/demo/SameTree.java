package io.vsmmu.demo;

import io.vsmmu.agent.allocation.HandoffManifest;
import io.vsmmu.api.v1alpha1.VirtualMachineStatus;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Compares what a pod was handed with what the VSmmu's status says of it. */
final class SameTree {

  private SameTree() {}

  /**
   * The objects of a manifest, one line each.
   *
   * @see #of(VirtualMachineStatus)
   */
  static SortedSet<String> of(HandoffManifest manifest) {
    return collect(
        Stream.of("ioas %d".formatted(manifest.ioas())),
        manifest.nestingParents().stream().map(parent -> parent(parent.id(), parent.smmu())),
        manifest.viommus().stream()
            .map(viommu ->
                viommu(
                    viommu.id(),
                    viommu.smmu(),
                    viommu.nestingParent(),
                    viommu.bypass(),
                    viommu.abort())),
        manifest.devices().stream().map(device -> device(device.pciAddress(), device.viommu())));
  }

  /** The objects of a status, in the same words. */
  static SortedSet<String> of(VirtualMachineStatus vm) {
    return collect(
        Stream.of("ioas %d".formatted(vm.ioas())),
        vm.nestingParents().stream().map(parent -> parent(parent.id(), parent.smmu())),
        vm.viommus().stream()
            .map(viommu ->
                viommu(
                    viommu.id(),
                    viommu.smmu(),
                    viommu.nestingParent(),
                    viommu.bypass(),
                    viommu.abort())),
        vm.devices().stream().map(device -> device(device.pciAddress(), device.viommu())));
  }

  private static String parent(Number id, String smmu) {
    return "nesting parent %d on %s".formatted(id, smmu);
  }

  private static String viommu(
      Number id, String smmu, Number parent, @Nullable Number bypass, @Nullable Number abort) {
    return "vIOMMU %d on %s, parent %d, bypass %d, abort %d"
        .formatted(id, smmu, parent, bypass, abort);
  }

  private static String device(String pciAddress, @Nullable Number viommu) {
    return "device %s on vIOMMU %d".formatted(pciAddress, viommu);
  }

  @SafeVarargs
  private static SortedSet<String> collect(Stream<String>... parts) {
    var all = new TreeSet<String>();
    Stream.of(parts).flatMap(part -> part).forEach(all::add);
    return all;
  }
}
