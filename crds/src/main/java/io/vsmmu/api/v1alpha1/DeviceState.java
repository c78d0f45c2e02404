package io.vsmmu.api.v1alpha1;

/** What can be done with a device. */
public enum DeviceState {
  /** It is advertised and free. */
  Available,
  /** A container has it. */
  Allocated,
  /** It is advertised and cannot be used now. */
  Unhealthy,
  /** It is not advertised; the reason says why. */
  Ineligible
}
