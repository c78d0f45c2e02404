package io.vsmmu.agent.allocation;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An allocation as others see it.
 *
 * @param id unique on this node for good
 * @param resource extended resource name
 * @param deviceIds what kubelet asked for
 * @param state how far it has come
 * @param container whose it is; absent until PodResources or the container itself tells
 * @param collectedWith the allocation of the same container whose context has these devices, too;
 *     absent when it has one of its own
 * @param manifest the objects of its latest context; absent when that is gone and no container has
 *     asked for another, or when it is that of {@code collectedWith}
 */
public record Allocation(
    String id,
    String resource,
    Set<String> deviceIds,
    AllocationState state,
    @Nullable PodContainer container,
    @Nullable String collectedWith,
    @Nullable HandoffManifest manifest) {

  public Allocation {
    deviceIds = Set.copyOf(deviceIds);
  }
}
