package io.vsmmu.operator.vsmmu;

import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.operator.cache.PrunedStore;

/** Keeps VSmmu objects without word of who wrote which of their fields. */
public final class VSmmuStore extends PrunedStore<VSmmu> {

  /** An empty one; the framework makes it. */
  public VSmmuStore() {
    super(PrunedStore::withoutManagedFields);
  }
}
