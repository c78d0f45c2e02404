package io.vsmmu.api.v1alpha1;

/** Nested hardware page table that a device is attached to before the guest's SMMU is on. */
public enum InitialProxy {
  /** DMA reaches guest memory as if there were no guest SMMU. */
  Bypass,
  /** DMA is refused. */
  Abort
}
