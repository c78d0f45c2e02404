package io.vsmmu.api.v1alpha1;

/** Whether a container gets KubeVirt's iommufd socket. */
public enum IommufdSocket {
  /** While KubeVirt's gate IOMMUFD is off: with it on, KubeVirt mounts its own. */
  Auto,
  /** Always. */
  Always,
  /** Never. */
  Never
}
