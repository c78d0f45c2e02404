package io.vsmmu.agent.kubelet;

import static io.vsmmu.agent.inventory.DeviceState.ALLOCATED;
import static io.vsmmu.agent.inventory.DeviceState.AVAILABLE;
import static io.vsmmu.agent.inventory.DeviceState.INELIGIBLE;
import static io.vsmmu.agent.inventory.DeviceState.UNHEALTHY;
import static io.vsmmu.agent.kubelet.FakeInventory.device;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vsmmu.agent.inventory.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DevicePluginsTest extends DevicePluginsFixture {

  @Test
  void registersEachResourceWithItsDevices() throws IOException {
    inventory.set(
        List.of(NIC, GPU),
        List.of(
            device(GPU, "0000:09:00.0", AVAILABLE),
            device(NIC, "0000:01:00.0", AVAILABLE),
            device(NIC, "0000:02:00.0", ALLOCATED),
            device(NIC, "0000:03:00.0", UNHEALTHY),
            device(NIC, "0000:04:00.0", INELIGIBLE)));
    try (var plugins = plugins(ANSWERS)) {
      await().untilAsserted(() -> assertThat(kubelet.capacity(NIC)).isEqualTo(3));
      assertThat(kubelet.healthy(NIC)).containsExactly("0000:01:00.0", "0000:02:00.0");
      await().untilAsserted(() -> assertThat(kubelet.healthy(GPU)).hasSize(1));
      await()
          .untilAsserted(() ->
              assertThat(plugins.registrations().values())
                  .hasSize(2)
                  .allMatch(ResourceRegistration::registered));
    }
  }

  @Test
  void sendsChangesOnceAndNothingWithoutChange() throws IOException {
    inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", AVAILABLE)));
    try (var plugins = plugins(ANSWERS)) {
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isEqualTo(1));
      for (int i = 0; i < 20; i++) {
        inventory.set(
            List.of(NIC),
            List.of(
                device(NIC, "0000:01:00.0", ALLOCATED),
                device(NIC, "0000:02:00.0", i % 2 == 0 ? UNHEALTHY : AVAILABLE)));
      }
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isEqualTo(2));
      // The first list, and the changes collected into one or, if a send fell between them, few.
      assertThat(kubelet.messages(NIC)).isBetween(2, 4);
      int before = kubelet.messages(NIC);
      inventory.set(
          List.of(NIC),
          List.of(device(NIC, "0000:01:00.0", AVAILABLE), device(NIC, "0000:02:00.0", AVAILABLE)));
      inventory.set(List.of(NIC), List.of(device(NIC, "0000:02:00.0", AVAILABLE)));
      await().untilAsserted(() -> assertThat(kubelet.capacity(NIC)).isEqualTo(1));
      assertThat(kubelet.messages(NIC)).isEqualTo(before + 1);
      assertThat(plugins.registrations()).containsOnlyKeys(NIC);
    }
  }

  @Test
  void anUnhealthyDeviceIsBackWhenItIsWell() throws IOException {
    inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", AVAILABLE)));
    try (var _ = plugins(ANSWERS)) {
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isEqualTo(1));
      inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", UNHEALTHY)));
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isZero());
      assertThat(kubelet.capacity(NIC)).isEqualTo(1);
      inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", AVAILABLE)));
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isEqualTo(1));
    }
  }

  @Test
  void withdrawsAResourceThatIsNoLongerAskedFor() throws IOException {
    inventory.set(
        List.of(NIC, GPU),
        List.of(device(GPU, "0000:09:00.0", AVAILABLE), device(NIC, "0000:01:00.0", AVAILABLE)));
    try (var plugins = plugins(ANSWERS)) {
      await().untilAsserted(() -> assertThat(kubelet.allocatable(GPU)).isEqualTo(1));
      inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", AVAILABLE)));
      await().untilAsserted(() -> assertThat(kubelet.allocatable(GPU)).isZero());
      assertThat(kubelet.capacity(GPU)).as("kept for a while").isEqualTo(1);
      assertThat(kubelet.allocatable(NIC)).isEqualTo(1);
      assertThat(plugins.registrations()).containsOnlyKeys(NIC);
    }
  }

  @Test
  void leavesNoSocketBehindAndRemovesWhatAKilledAgentLeft() throws Exception {
    inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", AVAILABLE)));
    Path abandoned = devicePlugins().resolve("vsmmu-nic-00000000.sock");
    Files.createFile(abandoned);
    try (var plugins = plugins(ANSWERS)) {
      await().untilAsserted(() -> assertThat(registered(plugins)).isTrue());
      assertThat(abandoned).doesNotExist();
    }
    assertThat(ourSockets()).isEmpty();
  }

  @Test
  void thousandsOfDevicesFitIntoKubeletsMessages() throws Exception {
    List<Device> devices = new ArrayList<>();
    for (int i = 0; i < 4096; i++) {
      devices.add(
          device(NIC, "%04x:%02x:%02x.0".formatted(0x1000 + i, i % 256, i % 32), AVAILABLE));
    }
    inventory.set(List.of(NIC), devices);
    try (var plugins = plugins(ANSWERS)) {
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isEqualTo(4096));
      assertThat(kubelet.largestMessage(NIC)).isBetween(1, 4 << 20);
      assertThat(kubelet.messages(NIC)).isEqualTo(1);
      // Every one changes, one after the other: collected into few lists.
      for (int i = 0; i < 4096; i++) {
        devices.set(i, device(NIC, devices.get(i).id(), UNHEALTHY));
        inventory.set(List.of(NIC), devices);
      }
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isZero());
      assertThat(kubelet.messages(NIC)).isLessThan(200);
      assertThat(registered(plugins)).isTrue();
    }
  }
}
