package io.vsmmu.api.v1alpha1;

/** What {@link IommufdSocket} comes to on a node. */
public enum EffectiveSocket {
  /** The agent serves KubeVirt's iommufd socket to containers whose devices are handed unbound. */
  Always,
  /** The agent serves it to nobody. */
  Never
}
