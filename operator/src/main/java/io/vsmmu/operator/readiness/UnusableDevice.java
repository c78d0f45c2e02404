package io.vsmmu.operator.readiness;

import io.vsmmu.api.v1alpha1.DeviceStatus;
import java.util.Optional;

/** A device that cannot be had, in words. */
final class UnusableDevice {

  private UnusableDevice() {}

  static String describe(DeviceStatus device) {
    return "%s is %s: %s"
        .formatted(
            device.pciAddress(),
            device.state(),
            Optional.ofNullable(device.message())
                .or(() -> Optional.ofNullable(device.reason()))
                .orElse("the agent does not say why"));
  }
}
