package io.vsmmu.agent.kubelet;

import static io.vsmmu.agent.kubelet.FakeInventory.device;
import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.agent.inventory.Device;
import io.vsmmu.agent.inventory.DeviceState;
import io.vsmmu.agent.inventory.InventorySnapshot;
import io.vsmmu.agent.kubelet.api.deviceplugin.NUMANode;
import java.util.LinkedHashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DeviceListTest {
  private static final String NIC = "vsmmu.io/nic";

  private static io.vsmmu.agent.kubelet.api.deviceplugin.Device only(Device device) {
    return DeviceList.of(snapshot(device), NIC).getDevices(0);
  }

  private static InventorySnapshot snapshot(Device... devices) {
    return new InventorySnapshot(new LinkedHashSet<>(List.of(NIC)), List.of(devices));
  }

  @ParameterizedTest
  @EnumSource(DeviceState.class)
  void advertisesEveryStateAsKubeletNeedsIt(DeviceState state) {
    var list = DeviceList.of(snapshot(device(NIC, "0000:01:00.0", state)), NIC).getDevicesList();
    switch (state) {
      case AVAILABLE, ALLOCATED ->
          assertThat(list).singleElement().extracting("health").isEqualTo("Healthy");
      case UNHEALTHY ->
          assertThat(list).singleElement().extracting("health").isEqualTo("Unhealthy");
      case INELIGIBLE -> assertThat(list).isEmpty();
    }
  }

  @Test
  void hintsAtTheNumaNodeWhereThePlatformNamesOne() {
    Device near = device(NIC, "0000:01:00.0", DeviceState.AVAILABLE, "smmu0", 3);
    assertThat(only(near).getTopology().getNodesList())
        .extracting(NUMANode::getID)
        .containsExactly(3L);
    assertThat(
            only(device(NIC, "0000:01:00.0", DeviceState.AVAILABLE, "smmu0", null)).hasTopology())
        .isFalse();
    assertThat(only(device(NIC, "0000:01:00.0", DeviceState.AVAILABLE, "smmu0", -1)).hasTopology())
        .isFalse();
  }

  @Test
  void listsItsOwnResourceOnly() {
    var both =
        snapshot(
            device(NIC, "0000:01:00.0", DeviceState.AVAILABLE),
            device("vsmmu.io/gpu", "0000:02:00.0", DeviceState.AVAILABLE));
    assertThat(DeviceList.of(both, NIC).getDevicesList())
        .extracting(io.vsmmu.agent.kubelet.api.deviceplugin.Device::getID)
        .containsExactly("0000:01:00.0");
  }
}
