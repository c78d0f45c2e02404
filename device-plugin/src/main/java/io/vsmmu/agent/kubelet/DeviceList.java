package io.vsmmu.agent.kubelet;

import io.vsmmu.agent.inventory.Device;
import io.vsmmu.agent.inventory.DeviceState;
import io.vsmmu.agent.inventory.InventorySnapshot;
import io.vsmmu.agent.kubelet.api.deviceplugin.ListAndWatchResponse;
import io.vsmmu.agent.kubelet.api.deviceplugin.NUMANode;
import io.vsmmu.agent.kubelet.api.deviceplugin.TopologyInfo;

/** What kubelet is told of a resource's devices. */
final class DeviceList {
  private static final String HEALTHY = "Healthy";
  private static final String UNHEALTHY = "Unhealthy";

  private DeviceList() {}

  /** The whole set, as each message replaces the one before. Ineligible devices are not in it. */
  static ListAndWatchResponse of(InventorySnapshot snapshot, String resource) {
    var response = ListAndWatchResponse.newBuilder();
    snapshot.devicesOf(resource).stream()
        .filter(device -> device.state() != DeviceState.INELIGIBLE)
        .map(DeviceList::advertised)
        .forEach(response::addDevices);
    return response.build();
  }

  private static io.vsmmu.agent.kubelet.api.deviceplugin.Device advertised(Device device) {
    var advertised =
        io.vsmmu.agent.kubelet.api.deviceplugin.Device.newBuilder()
            .setID(device.id())
            .setHealth(device.state() == DeviceState.UNHEALTHY ? UNHEALTHY : HEALTHY);
    Integer node = device.numaNode();
    // No hint at all where the platform knows of no node: -1 is not a node, and 0 would be a lie.
    if (node != null && node >= 0) {
      advertised.setTopology(TopologyInfo.newBuilder().addNodes(NUMANode.newBuilder().setID(node)));
    }
    return advertised.build();
  }
}
