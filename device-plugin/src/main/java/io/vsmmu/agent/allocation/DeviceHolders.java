package io.vsmmu.agent.allocation;

import java.io.IOException;
import java.util.List;
import java.util.Set;

/** Kubelet's own account of which container holds which devices: its PodResources API. */
public interface DeviceHolders {

  /**
   * Every container that holds devices of resources served by a device plugin.
   *
   * @throws IOException when kubelet does not answer; then nothing is known, and nothing may be
   *     taken for released
   */
  List<Holder> list() throws IOException;

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
