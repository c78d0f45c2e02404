package io.vsmmu.operator.readiness;

import io.vsmmu.api.v1alpha1.DeviceState;
import io.vsmmu.api.v1alpha1.DeviceStatus;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import java.util.List;

/**
 * A resource's devices, by the agent's report. Functions of one iommu group are one device to the
 * kubelet.
 *
 * @param functions those reported for the resource
 * @param complete whether the report lists all functions that match
 */
record OfferedDevices(List<DeviceStatus> functions, boolean complete) {

  static OfferedDevices of(VSmmuStatus status, String resource) {
    return new OfferedDevices(
        status.devices().stream().filter(device -> resource.equals(device.resource())).toList(),
        status.counts() == null || status.counts().devices() <= status.devices().size());
  }

  /** Number of devices that the kubelet should have as allocatable. */
  long usable() {
    return functions.stream()
        .filter(OfferedDevices::isUsable)
        .map(OfferedDevices::unit)
        .distinct()
        .count();
  }

  /** The same, as far as it is known. */
  String amount() {
    return (complete ? "" : "at least ") + usable();
  }

  /** Why there is no usable device. */
  String explainNone() {
    return functions.stream()
        .filter(device -> !isUsable(device))
        .findFirst()
        .map(device ->
            "%d functions match, none is usable; %s"
                .formatted(functions.size(), UnusableDevice.describe(device)))
        .orElse("no PCI function of the node matches its selectors");
  }

  private static boolean isUsable(DeviceStatus device) {
    return device.state() == DeviceState.Available || device.state() == DeviceState.Allocated;
  }

  private static String unit(DeviceStatus device) {
    return device.iommuGroup() == null ? device.pciAddress() : "group " + device.iommuGroup();
  }
}
