package io.vsmmu.operator.kubevirt;

import io.vsmmu.api.v1alpha1.DeviceState;
import io.vsmmu.api.v1alpha1.DeviceStatus;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.api.v1alpha1.SmmuStatus;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What a node offers of a resource, by the agent's report. */
enum Offer {
  /** No device. */
  NOTHING,
  /** Devices whose SMMUs are proven to nest. */
  NESTED,
  /** Devices, of which for one at least that is not so. */
  MIXED;

  static Offer of(ResourceSpec resource, VSmmuStatus status) {
    List<DeviceStatus> offered =
        status.devices().stream()
            .filter(device -> device.resource().equals(resource.name()))
            .filter(device -> device.state() != DeviceState.Ineligible)
            .toList();
    if (offered.isEmpty()) {
      return NOTHING;
    }
    Set<String> nesting =
        status.smmus().stream()
            .filter(smmu -> Boolean.TRUE.equals(smmu.nesting()))
            .map(SmmuStatus::name)
            .collect(Collectors.toSet());
    // A status lists so many devices and no more; those that it leaves out may be behind any SMMU.
    boolean listed = status.devices().size() < VSmmuStatus.MAX_DEVICES;
    return offered.stream().allMatch(device -> nesting.contains(device.smmu()))
            && (listed || nesting.size() == status.smmus().size())
        ? NESTED
        : MIXED;
  }
}
