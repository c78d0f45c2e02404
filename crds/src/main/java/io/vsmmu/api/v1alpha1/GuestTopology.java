package io.vsmmu.api.v1alpha1;

/** Whether guests get one virtual SMMU per physical one. */
public enum GuestTopology {
  /** The hook adds them to the domain. */
  VSmmu,
  /** The domain stays as KubeVirt made it. */
  Unmanaged
}
