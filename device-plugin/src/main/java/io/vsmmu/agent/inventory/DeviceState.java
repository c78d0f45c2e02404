package io.vsmmu.agent.inventory;

/** What may be done with a device now. */
public enum DeviceState {
  /** On VFIO, probed, free: advertised as healthy. */
  AVAILABLE,
  /** Held by an allocation: advertised as healthy, kubelet knows that it is taken. */
  ALLOCATED,
  /** Was advertised and cannot be used now: advertised as unhealthy, so that it can come back. */
  UNHEALTHY,
  /** Selected, but cannot be used as it stands: not advertised. */
  INELIGIBLE
}
