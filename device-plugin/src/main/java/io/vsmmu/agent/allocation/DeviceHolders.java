package io.vsmmu.agent.allocation;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Kubelet's own account of which container holds which devices: its PodResources API. */
public interface DeviceHolders {

  /**
   * Every container that holds devices of resources served by a device plugin.
   *
   * @throws IOException when kubelet does not answer; then nothing is known, and nothing may be
   *     taken for released
   */
  Listing list() throws IOException;

  /**
   * What kubelet told.
   *
   * @param complete whether kubelet knows its pods: one that started while the API server is away
   *     lists none, or static ones only, though all of them run. What is in an incomplete list is
   *     true; what is missing from it means nothing.
   * @param kubelet which of kubelet's runs told: another one after every start of it; empty when
   *     that cannot be said
   * @param holders the containers
   */
  record Listing(boolean complete, Optional<String> kubelet, List<Holder> holders) {

    public Listing {
      holders = List.copyOf(holders);
    }
  }

  /**
   * A container and the devices of one resource that kubelet assigned to it.
   *
   * @param container who holds them
   * @param resource extended resource name
   * @param deviceIds at least one id
   */
  record Holder(PodContainer container, String resource, Set<String> deviceIds) {

    public Holder {
      deviceIds = Set.copyOf(deviceIds);
    }
  }
}
