package io.vsmmu.agent.allocation;

import org.jspecify.annotations.Nullable;

/**
 * A container of a pod.
 *
 * @param namespace the pod's namespace
 * @param pod the pod's name
 * @param uid the pod's UID; absent where the source does not tell (PodResources does not)
 * @param container the container's name
 */
public record PodContainer(String namespace, String pod, @Nullable String uid, String container) {

  /** Whether both name one container, whatever else is known of it. */
  public boolean isSameAs(PodContainer other) {
    return namespace.equals(other.namespace)
        && pod.equals(other.pod)
        && container.equals(other.container);
  }
}
