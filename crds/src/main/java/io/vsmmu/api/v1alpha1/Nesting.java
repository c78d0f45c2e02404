package io.vsmmu.api.v1alpha1;

/** What to do with a device whose SMMU cannot nest. */
public enum Nesting {
  /** It is not advertised. */
  Required,
  /** It is advertised, with a context that has a second stage only. */
  Preferred
}
