package io.vsmmu.standin.kubelet;

import io.vsmmu.agent.kubelet.api.deviceplugin.Device;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/** What plugins have said about the devices of each resource. */
final class ResourceBook {
  private final Map<String, Entry> entries = new ConcurrentHashMap<>();
  private final Duration grace;

  /**
   * @param grace how long a resource without a plugin keeps its capacity
   */
  ResourceBook(Duration grace) {
    this.grace = grace;
  }

  /** A message replaces all that was known. */
  void replace(String resource, List<Device> devices, int size) {
    Map<String, Boolean> healthy = new TreeMap<>();
    devices.forEach(device -> healthy.put(device.getID(), device.getHealth().equals("Healthy")));
    entries.compute(
        resource,
        (name, before) ->
            new Entry(
                healthy,
                before == null ? 1 : before.messages + 1,
                before == null ? size : Math.max(size, before.largest),
                Long.MAX_VALUE));
  }

  /** The last plugin is gone: every device is unhealthy, and the capacity stays for a while. */
  void abandon(String resource) {
    entries.computeIfPresent(
        resource,
        (name, before) -> {
          Map<String, Boolean> unhealthy = new TreeMap<>(before.healthy);
          unhealthy.replaceAll((id, healthy) -> false);
          return new Entry(
              unhealthy, before.messages, before.largest, System.nanoTime() + grace.toNanos());
        });
  }

  List<String> healthy(String resource) {
    return entry(resource).healthy.entrySet().stream()
        .filter(Map.Entry::getValue)
        .map(Map.Entry::getKey)
        .toList();
  }

  int capacity(String resource) {
    Entry entry = entry(resource);
    boolean forgotten = entry.forgetAt != Long.MAX_VALUE && System.nanoTime() - entry.forgetAt >= 0;
    return forgotten ? 0 : entry.healthy.size();
  }

  int messages(String resource) {
    return entry(resource).messages;
  }

  int largestMessage(String resource) {
    return entry(resource).largest;
  }

  SortedSet<String> resources() {
    return new TreeSet<>(entries.keySet());
  }

  private Entry entry(String resource) {
    return entries.getOrDefault(resource, new Entry(Map.of(), 0, 0, Long.MAX_VALUE));
  }

  private record Entry(Map<String, Boolean> healthy, int messages, int largest, long forgetAt) {}
}
