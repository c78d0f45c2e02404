package io.vsmmu.agent.status;

import io.vsmmu.agent.allocation.Allocation;
import io.vsmmu.agent.allocation.AllocationState;
import io.vsmmu.agent.allocation.HandoffManifest;
import io.vsmmu.agent.allocation.PodContainer;
import io.vsmmu.agent.inventory.Device;
import io.vsmmu.agent.inventory.NodeReport;
import io.vsmmu.agent.probe.SmmuReport;
import io.vsmmu.api.v1alpha1.AgentStatus;
import io.vsmmu.api.v1alpha1.Counts;
import io.vsmmu.api.v1alpha1.DeviceState;
import io.vsmmu.api.v1alpha1.DeviceStatus;
import io.vsmmu.api.v1alpha1.NestingParentStatus;
import io.vsmmu.api.v1alpha1.PodReference;
import io.vsmmu.api.v1alpha1.SmmuCapabilitiesStatus;
import io.vsmmu.api.v1alpha1.SmmuStatus;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.api.v1alpha1.VirtualDeviceStatus;
import io.vsmmu.api.v1alpha1.VirtualIommuStatus;
import io.vsmmu.api.v1alpha1.VirtualMachineState;
import io.vsmmu.api.v1alpha1.VirtualMachineStatus;
import io.vsmmu.iommufd.smmu.SmmuCapabilities;
import io.vsmmu.iommufd.topology.PciFunction;
import io.vsmmu.iommufd.topology.PhysicalSmmu;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Writes the agent's fields of the status, and no others. */
final class StatusComposer {

  private final Identity identity;

  StatusComposer(Identity identity) {
    this.identity = identity;
  }

  VSmmuStatus compose(VSmmuView vsmmu, AgentFacts facts, Instant now) {
    var report = facts.report();
    var devices = report.inventory().devices().stream().flatMap(d -> devices(d, report)).toList();
    // What a container collected together is one context, told once.
    var virtualMachines =
        facts.allocations().stream().filter(each -> each.collectedWith() == null).toList();
    return VSmmuStatus.ofAgent(
        new Conditions(vsmmu, report.wish().generation(), now).of(facts),
        new AgentStatus(report.wish().generation(), identity.version()),
        identity.node(),
        report.topology().smmus().stream()
            .map(smmu -> smmu(smmu, report.smmus().get(smmu.name())))
            .toList(),
        shown(devices),
        virtualMachines.stream().map(StatusComposer::virtualMachine).toList(),
        new Counts(
            report.topology().smmus().size(),
            devices.size(),
            (int)
                devices.stream().filter(device -> device.state() == DeviceState.Allocated).count(),
            virtualMachines.size()));
  }

  /** Of too many those that somebody looks for: what is not simply available. */
  private static List<DeviceStatus> shown(List<DeviceStatus> all) {
    if (all.size() <= VSmmuStatus.MAX_DEVICES) {
      return all;
    }
    var proofs = oneOfEachKind(all);
    var availableLast =
        Comparator.comparing((DeviceStatus device) -> device.state() == DeviceState.Available);
    return all.stream()
        .sorted(
            Comparator.comparing((DeviceStatus device) -> !proofs.contains(device))
                .thenComparing(availableLast))
        .limit(VSmmuStatus.MAX_DEVICES)
        .sorted(availableLast)
        .toList();
  }

  private record Kind(String resource, @Nullable String vendor, @Nullable String device) {}

  /**
   * A usable one of each kind is always listed: by that the operator knows that a resource has any,
   * and which ids KubeVirt is to permit.
   */
  private static Set<DeviceStatus> oneOfEachKind(List<DeviceStatus> all) {
    return Set.copyOf(
        all.stream()
            .filter(device ->
                device.state() == DeviceState.Available || device.state() == DeviceState.Allocated)
            .collect(
                Collectors.toMap(
                    device -> new Kind(device.resource(), device.vendor(), device.device()),
                    device -> device,
                    (first, _) -> first))
            .values());
  }

  private static SmmuStatus smmu(PhysicalSmmu smmu, @Nullable SmmuReport report) {
    if (report == null) {
      return new SmmuStatus(
          smmu.name(),
          null,
          "NotProbed",
          "no device behind it was selected and free",
          null,
          smmu.functions().size());
    }
    var obstacle = report.obstacle();
    return new SmmuStatus(
        smmu.name(),
        report.nesting(),
        obstacle == null ? null : obstacle.reason(),
        obstacle == null ? null : obstacle.message(),
        capabilities(report.capabilities()),
        smmu.functions().size());
  }

  private static @Nullable SmmuCapabilitiesStatus capabilities(@Nullable SmmuCapabilities smmu) {
    return smmu == null
        ? null
        : new SmmuCapabilitiesStatus(
            smmu.oas(),
            smmu.sidSize(),
            smmu.ssidSize(),
            smmu.ril(),
            smmu.ats(),
            smmu.stall() != SmmuCapabilities.StallModel.NONE,
            smmu.s2fwb(),
            smmu.granules());
  }

  private static Stream<DeviceStatus> devices(Device device, NodeReport report) {
    return device.functions().stream()
        .map(address -> {
          @Nullable PciFunction function = report.topology().function(address).orElse(null);
          return new DeviceStatus(
              address.toString(),
              device.resource(),
              device.smmu(),
              device.iommuGroup(),
              device.numaNode(),
              function == null ? null : "%04x".formatted(function.vendor()),
              function == null ? null : "%04x".formatted(function.device()),
              function == null ? null : function.driver(),
              switch (device.state()) {
                case AVAILABLE -> DeviceState.Available;
                case ALLOCATED -> DeviceState.Allocated;
                case UNHEALTHY -> DeviceState.Unhealthy;
                case INELIGIBLE -> DeviceState.Ineligible;
              },
              device.message().isEmpty() ? null : device.reason(),
              device.message().isEmpty() ? null : device.message());
        });
  }

  private static VirtualMachineStatus virtualMachine(Allocation allocation) {
    var manifest = allocation.manifest();
    return new VirtualMachineStatus(
        allocation.id(),
        pod(allocation.container()),
        allocation.state() == AllocationState.PREPARED
            ? VirtualMachineState.Prepared
            : VirtualMachineState.HandedOff,
        manifest == null ? null : (long) manifest.ioas(),
        manifest == null
            ? List.of()
            : manifest.nestingParents().stream()
                .map(parent -> new NestingParentStatus((long) parent.id(), parent.smmu()))
                .toList(),
        manifest == null
            ? List.of()
            : manifest.viommus().stream().map(StatusComposer::viommu).toList(),
        manifest == null
            ? List.of()
            : manifest.devices().stream().map(StatusComposer::device).toList());
  }

  private static @Nullable PodReference pod(@Nullable PodContainer container) {
    return container == null
        ? null
        : new PodReference(
            container.namespace(), container.pod(), container.uid(), container.container());
  }

  private static VirtualIommuStatus viommu(HandoffManifest.Viommu viommu) {
    return new VirtualIommuStatus(
        (long) viommu.id(),
        viommu.smmu(),
        (long) viommu.nestingParent(),
        (long) viommu.bypass(),
        (long) viommu.abort());
  }

  private static VirtualDeviceStatus device(HandoffManifest.HandedDevice device) {
    return new VirtualDeviceStatus(
        device.pciAddress(), asLong(device.viommu()), asLong(device.vsid()));
  }

  private static @Nullable Long asLong(@Nullable Integer number) {
    return number == null ? null : Long.valueOf(number);
  }
}
