package io.vsmmu.agent.kubelet;

import io.vsmmu.agent.flow.Subscription;
import io.vsmmu.agent.inventory.Device;
import io.vsmmu.agent.inventory.DeviceState;
import io.vsmmu.agent.inventory.Inventory;
import io.vsmmu.agent.inventory.InventorySnapshot;
import io.vsmmu.iommufd.topology.PciAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** An inventory that says what a test tells it. */
final class FakeInventory implements Inventory {
  private final List<Consumer<InventorySnapshot>> listeners = new ArrayList<>();
  private InventorySnapshot snapshot = InventorySnapshot.EMPTY;

  @Override
  public synchronized InventorySnapshot snapshot() {
    return snapshot;
  }

  @Override
  public synchronized Subscription subscribe(Consumer<InventorySnapshot> listener) {
    listeners.add(listener);
    listener.accept(snapshot);
    return () -> {
      synchronized (this) {
        listeners.remove(listener);
      }
    };
  }

  synchronized void set(List<String> resources, List<Device> devices) {
    snapshot = new InventorySnapshot(new LinkedHashSet<>(resources), devices);
    listeners.forEach(listener -> listener.accept(snapshot));
  }

  static Device device(String resource, String address, DeviceState state) {
    return device(resource, address, state, "smmu3.0x000000000c000000", 0);
  }

  static Device device(
      String resource,
      String address,
      DeviceState state,
      @Nullable String smmu,
      @Nullable Integer numaNode) {
    return device(resource, address, state, smmu, numaNode, null);
  }

  static Device device(
      String resource,
      String address,
      DeviceState state,
      @Nullable String smmu,
      @Nullable Integer numaNode,
      @Nullable String rootPort) {
    return new Device(
        resource,
        List.of(PciAddress.parse(address)),
        smmu,
        1,
        numaNode,
        rootPort == null ? null : PciAddress.parse(rootPort),
        state,
        "Test",
        "");
  }
}
