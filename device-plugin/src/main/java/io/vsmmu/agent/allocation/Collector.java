package io.vsmmu.agent.allocation;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A container that collects its devices.
 *
 * @param container who it is
 * @param devices all devices that kubelet assigned to it: ids by resource
 */
public record Collector(PodContainer container, Map<String, Set<String>> devices) {

  public Collector {
    var copy = new TreeMap<String, Set<String>>();
    devices.forEach((resource, ids) -> copy.put(resource, Set.copyOf(ids)));
    devices = copy;
  }

  /** Whether all of these devices are its own. */
  boolean holds(String resource, Set<String> ids) {
    return devices.getOrDefault(resource, Set.of()).containsAll(ids);
  }
}
