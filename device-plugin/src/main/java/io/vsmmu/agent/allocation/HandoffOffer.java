package io.vsmmu.agent.allocation;

import java.util.Set;

/**
 * What a hand-off point offers, and so who may collect it: the container to which kubelet assigned
 * these devices.
 *
 * @param allocation id of the allocation, fit for a file name
 * @param resource extended resource name
 * @param deviceIds the ids that kubelet gave to Allocate
 * @param kubevirtSocket whether KubeVirt's socket is served, too
 */
public record HandoffOffer(
    String allocation, String resource, Set<String> deviceIds, boolean kubevirtSocket) {

  public HandoffOffer {
    deviceIds = Set.copyOf(deviceIds);
  }
}
