package io.vsmmu.agent.kubelet;

import static io.vsmmu.agent.inventory.DeviceState.AVAILABLE;
import static io.vsmmu.agent.kubelet.FakeInventory.device;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.vsmmu.agent.allocation.DeviceHolders;
import io.vsmmu.agent.allocation.DeviceHolders.Holder;
import io.vsmmu.agent.allocation.PodContainer;
import io.vsmmu.agent.kubelet.PodResourcesHolders.OwnPod;
import io.vsmmu.standin.kubelet.PodRef;
import io.vsmmu.standin.kubelet.StandInKubelet;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Kubelet's own account of who has which device. */
class PodResourcesHoldersTest extends DevicePluginsFixture {

  @Test
  void tellsWhoHoldsWhatWithTheirUids() throws Exception {
    inventory.set(
        List.of(NIC),
        List.of(device(NIC, "0000:01:00.0", AVAILABLE), device(NIC, "0000:02:00.0", AVAILABLE)));
    try (var plugins = plugins(ANSWERS);
        var holders =
            new PodResourcesHolders(
                podResources(), devicePlugins(), Optional.empty(), KubeletTimings.DEFAULT)) {
      await().untilAsserted(() -> assertThat(registered(plugins)).isTrue());
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isEqualTo(2));
      assertThat(holders.list().holders()).isEmpty();
      kubelet.admit(POD, "compute", Map.of(NIC, 2));
      var holder =
          new Holder(
              new PodContainer("vms", "vm-1", POD.uid(), "compute"),
              NIC,
              Set.of("0000:01:00.0", "0000:02:00.0"));
      assertThat(holders.list().holders()).containsExactly(holder);

      kubelet.close();
      assertThatThrownBy(holders::list)
          .isInstanceOf(IOException.class)
          .hasMessageContaining(podResources().toString());
      kubelet = StandInKubelet.start(devicePlugins(), podResources());
      assertThat(holders.list().holders()).containsExactly(holder);
      Files.delete(devicePlugins().resolve("kubelet_internal_checkpoint"));
      assertThat(holders.list().holders().getFirst().container().uid()).isNull();
      kubelet.remove(POD);
      assertThat(holders.list().holders()).isEmpty();
    }
  }

  @Test
  void aListWithoutTheAgentsOwnPodIsNotComplete() throws Exception {
    inventory.set(List.of(NIC), List.of(device(NIC, "0000:01:00.0", AVAILABLE)));
    var own = new PodRef("vsmmu-system", "vsmmu-agent-x2k4d", "uid-of-the-agent");
    try (var plugins = plugins(ANSWERS);
        var holders =
            new PodResourcesHolders(
                podResources(),
                devicePlugins(),
                Optional.of(new OwnPod(own.namespace(), own.name())),
                KubeletTimings.DEFAULT)) {
      await().untilAsserted(() -> assertThat(registered(plugins)).isTrue());
      await().untilAsserted(() -> assertThat(kubelet.allocatable(NIC)).isEqualTo(1));
      kubelet.admit(POD, "compute", Map.of(NIC, 1));
      assertThat(holders.list().complete()).isFalse();
      assertThat(holders.list().holders()).hasSize(1);

      kubelet.run(own);
      assertThat(holders.list().complete()).isTrue();

      kubelet.loseApiServer();
      assertThat(holders.list())
          .isEqualTo(new DeviceHolders.Listing(false, holders.list().kubelet(), List.of()));
      kubelet.findApiServer();
      assertThat(holders.list().complete()).isTrue();
    }
  }
}
