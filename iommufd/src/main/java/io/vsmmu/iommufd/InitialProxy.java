package io.vsmmu.iommufd;

/** The nested page table that devices are behind until the guest installs its own. */
public enum InitialProxy {
  /** DMA goes to guest-physical addresses, as behind an SMMU that is off. */
  BYPASS,
  /** All DMA is aborted. */
  ABORT
}
