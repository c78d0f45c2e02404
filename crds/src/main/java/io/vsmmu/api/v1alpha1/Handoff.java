package io.vsmmu.api.v1alpha1;

/** State in which devices are handed over. */
public enum Handoff {
  /** The VMM binds them in the context that it gets. */
  Unbound,
  /** The agent binds and attaches them, and allocates their virtual devices. */
  Bound
}
