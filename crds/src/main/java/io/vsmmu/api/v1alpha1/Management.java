package io.vsmmu.api.v1alpha1;

/** Whether we look after something or its owner does. */
public enum Management {
  /** We do it, keep it so and undo it. */
  Managed,
  /** The owner does it; we only check. */
  Unmanaged
}
