package io.vsmmu.operator.kubevirt;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;

/** Whether the cluster has KubeVirt. */
sealed interface Presence {

  /** Its API is not there, or not known yet. */
  record Absent() implements Presence {}

  /**
   * Its API is there and we may not see its objects.
   *
   * @param message what the API server said
   */
  record Denied(String message) implements Presence {}

  /** Its API is there and nobody has asked for an installation. */
  record Empty() implements Presence {}

  /**
   * There is an installation, finished or not.
   *
   * @param object as the cache has it
   */
  record Installed(GenericKubernetesResource object) implements Presence {}
}
