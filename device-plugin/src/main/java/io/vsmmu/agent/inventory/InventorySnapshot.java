package io.vsmmu.agent.inventory;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedSet;

/**
 * All devices at one moment.
 *
 * @param resources the resources that the VSmmu asks for, those without devices included; empty
 *     when there is no VSmmu or it is being deleted: then nothing is to be advertised
 * @param devices every selected device of these resources, in the order of their ids
 */
public record InventorySnapshot(SequencedSet<String> resources, List<Device> devices) {

  /** Nothing is selected. */
  public static final InventorySnapshot EMPTY =
      new InventorySnapshot(new LinkedHashSet<>(), List.of());

  public InventorySnapshot {
    resources = Collections.unmodifiableSequencedSet(new LinkedHashSet<>(resources));
    devices = List.copyOf(devices);
  }

  /** The devices of {@code resource}, in the order of their ids. */
  public List<Device> devicesOf(String resource) {
    return devices.stream().filter(device -> device.resource().equals(resource)).toList();
  }

  public Optional<Device> device(String id) {
    return devices.stream().filter(device -> device.id().equals(id)).findFirst();
  }
}
