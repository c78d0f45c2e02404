package io.vsmmu.operator.kubevirt;

import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.DeviceState;
import io.vsmmu.api.v1alpha1.DeviceStatus;
import io.vsmmu.api.v1alpha1.GuestTopology;
import io.vsmmu.api.v1alpha1.Handoff;
import io.vsmmu.api.v1alpha1.Management;
import io.vsmmu.api.v1alpha1.Nesting;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The permits that one VSmmu needs. KubeVirt wants exact device ids: those that the specification
 * itself gives, and for other selectors those of the devices that the agent reported.
 */
final class Demand {

  private Demand() {}

  /** What virtual machines on the node need to have its resources. */
  static Set<Permit> of(VSmmuSpec spec, List<DeviceStatus> devices) {
    if (spec.dryRun()) {
      return Set.of();
    }
    Set<String> names = names(spec, Demand::isForKubeVirt);
    Stream<Permit> selected =
        spec.resources().stream()
            .filter(Demand::isForKubeVirt)
            .flatMap(resource ->
                resource.selectors().stream()
                    .flatMap(selector -> exact(selector, resource.name()).stream()));
    Stream<Permit> reported =
        devices.stream()
            .filter(device -> names.contains(device.resource()))
            .filter(device -> device.state() != DeviceState.Ineligible)
            .flatMap(device -> exact(device).stream());
    return Stream.concat(selected, reported).collect(Collectors.toUnmodifiableSet());
  }

  /** What the operator is to keep in KubeVirt's list for the node. */
  static Set<Permit> managed(VSmmuSpec spec, List<DeviceStatus> devices) {
    return spec.kubevirt().permittedHostDevices() == Management.Managed
        ? of(spec, devices)
        : Set.of();
  }

  /**
   * The resources whose virtual machines are to get virtual SMMUs. Whoever prefers nesting, and
   * does not require it, has them only where it is proven.
   */
  static Set<String> guestTopology(VSmmuSpec spec, VSmmuStatus status) {
    return spec.dryRun() || spec.kubevirt().guestTopology() != GuestTopology.VSmmu
        ? Set.of()
        : names(
            spec,
            resource ->
                isForKubeVirt(resource)
                    && (resource.nesting() == Nesting.Required
                        || Offer.of(resource, status) == Offer.NESTED));
  }

  /**
   * Whether KubeVirt's virtual machines can have it: libvirt binds devices itself, and those that
   * the agent has bound are busy to it.
   */
  static boolean isForKubeVirt(ResourceSpec resource) {
    return resource.handoff() == Handoff.Unbound;
  }

  /** The resources of which a device is offered that no virtual SMMU can stand in front of. */
  static Set<String> withoutNesting(VSmmuSpec spec, VSmmuStatus status) {
    return names(
        spec,
        resource ->
            resource.nesting() == Nesting.Preferred && Offer.of(resource, status) == Offer.MIXED);
  }

  private static Set<String> names(VSmmuSpec spec, Predicate<ResourceSpec> which) {
    return spec.resources().stream()
        .filter(which)
        .map(ResourceSpec::name)
        .collect(Collectors.toUnmodifiableSet());
  }

  private static Optional<Permit> exact(DeviceSelector selector, String resource) {
    return selector.vendor() == null || selector.device() == null
        ? Optional.empty()
        : Optional.of(Permit.of(selector.vendor(), selector.device(), resource));
  }

  private static Optional<Permit> exact(DeviceStatus device) {
    return device.vendor() == null || device.device() == null
        ? Optional.empty()
        : Optional.of(Permit.of(device.vendor(), device.device(), device.resource()));
  }
}
