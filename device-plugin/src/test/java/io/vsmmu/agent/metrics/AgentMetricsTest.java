package io.vsmmu.agent.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vsmmu.agent.TestNode;
import io.vsmmu.agent.allocation.Allocation;
import io.vsmmu.agent.allocation.AllocationAnswer;
import io.vsmmu.agent.allocation.AllocationException;
import io.vsmmu.agent.allocation.AllocationState;
import io.vsmmu.agent.allocation.HandoffProtocol;
import io.vsmmu.agent.handoff.HandoffListener.Outcome;
import io.vsmmu.agent.inventory.Device;
import io.vsmmu.agent.inventory.DeviceState;
import io.vsmmu.agent.inventory.InventorySnapshot;
import io.vsmmu.agent.inventory.NodeReport;
import io.vsmmu.agent.inventory.Wish;
import io.vsmmu.agent.probe.Obstacle;
import io.vsmmu.agent.probe.SmmuReport;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.IommuException;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.topology.NodeTopology;
import io.vsmmu.iommufd.topology.PciAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentMetricsTest {
  private static final String NIC = "vsmmu.io/nic";

  private final AgentMetrics metrics = new AgentMetrics("1.2.3");

  @AfterEach
  void close() {
    metrics.close();
  }

  @Test
  void tellsItsVersionAndTheProcess() {
    assertThat(metrics.scrape())
        .contains("vsmmu_build_info{version=\"1.2.3\"} 1")
        .contains("process_files_open_files ")
        .contains("jvm_memory_used_bytes{");
  }

  @Test
  void countsDevicesByResourceAndStateAndShowsWhatFellToNothing() {
    metrics.show(report(device("0000:01:00.0", DeviceState.UNHEALTHY)));
    assertThat(metrics.scrape())
        .contains("vsmmu_devices{resource=\"vsmmu.io/nic\",state=\"unhealthy\"} 1.0")
        .contains("vsmmu_devices{resource=\"vsmmu.io/nic\",state=\"available\"} 0.0");

    metrics.show(report(device("0000:01:00.0", DeviceState.AVAILABLE)));
    assertThat(metrics.scrape())
        .contains("vsmmu_devices{resource=\"vsmmu.io/nic\",state=\"unhealthy\"} 0.0")
        .contains("vsmmu_devices{resource=\"vsmmu.io/nic\",state=\"available\"} 1.0");
  }

  @Test
  void tellsWhichSmmusNest() {
    metrics.show(
        new NodeReport(
            new Wish(1, List.of(), false),
            NodeTopology.of(List.of(), List.of(), List.of()),
            InventorySnapshot.EMPTY,
            Map.of(
                "smmu3.a", new SmmuReport("smmu3.a", null, null),
                "smmu3.b", new SmmuReport("smmu3.b", new Obstacle("NoS2fwb", "why"), null)),
            Set.of(),
            List.of()));

    assertThat(metrics.scrape())
        .contains("vsmmu_smmu_nests{smmu=\"smmu3.a\"} 1.0")
        .contains("vsmmu_smmu_nests{smmu=\"smmu3.b\"} 0.0");
  }

  @Test
  void countsAllocationsByState() {
    metrics.show(
        List.of(
            new Allocation("a", NIC, Set.of(), AllocationState.HANDED_OFF, null, null, null),
            new Allocation("b", NIC, Set.of(), AllocationState.HANDED_OFF, null, null, null)));

    assertThat(metrics.scrape())
        .contains("vsmmu_allocations{state=\"handed_off\"} 2.0")
        .contains("vsmmu_allocations{state=\"prepared\"} 0.0");
  }

  @Test
  void tellsWhichResourcesKubeletFollowsAndForgetsWithdrawnOnes() {
    metrics.show(Map.of(NIC, true, "vsmmu.io/gpu", false));
    assertThat(metrics.scrape())
        .contains("vsmmu_kubelet_registered{resource=\"vsmmu.io/nic\"} 1.0")
        .contains("vsmmu_kubelet_registered{resource=\"vsmmu.io/gpu\"} 0.0");

    metrics.show(Map.of(NIC, true));
    assertThat(metrics.scrape()).doesNotContain("vsmmu.io/gpu");
  }

  @Test
  void timesAllocateByItsOutcome() throws Exception {
    var answer = new AllocationAnswer("a", Map.of(), List.of(), List.of());
    assertThat(metrics.metered((resource, ids) -> answer).allocate(NIC, Set.of("x")))
        .isSameAs(answer);
    var refusing =
        metrics.metered((resource, ids) -> {
          throw new AllocationException("in use");
        });
    assertThatThrownBy(() -> refusing.allocate(NIC, Set.of("x"))).hasMessage("in use");

    assertThat(metrics.scrape())
        .contains("vsmmu_allocate_seconds_count{outcome=\"prepared\",resource=\"vsmmu.io/nic\"} 1")
        .contains("vsmmu_allocate_seconds_count{outcome=\"refused\",resource=\"vsmmu.io/nic\"} 1");
  }

  @Test
  void timesHandoffsBySocketAndOutcome() {
    metrics.handoffs().ended(HandoffProtocol.FULL, Outcome.HANDED, Duration.ofMillis(70));

    assertThat(metrics.scrape())
        .contains("vsmmu_handoff_seconds_bucket{outcome=\"handed\",protocol=\"full\",le=\"0.1\"} 1")
        .contains(
            "vsmmu_handoff_seconds_bucket{outcome=\"handed\",protocol=\"full\",le=\"0.05\"} 0");
  }

  @Test
  void timesRequestsOfTheKernelAndCountsItsErrors(@TempDir Path folder) throws Exception {
    var node = new TestNode(folder, SimulatedNode.small());
    node.binder().bind(node.function("0000:09:00.0"), "vfio-pci");
    var kernel = metrics.metered(node.kernel());
    var cdev =
        node.dev().resolve("vfio/devices").resolve(node.function("0000:09:00.0").vfioDevice());

    try (var context = IommuContext.open(kernel, node.dev().resolve("iommu"));
        var first = VfioDevice.open(kernel, cdev, "nic");
        var second = VfioDevice.open(kernel, cdev, "nic")) {
      first.bind(context);
      assertThatThrownBy(() -> second.bind(context)).isInstanceOf(IommuException.class);
    }

    assertThat(metrics.scrape())
        .contains("vsmmu_ioctl_seconds_count{request=\"VFIO_DEVICE_BIND_IOMMUFD\"} 2")
        .containsPattern(
            "vsmmu_ioctl_errors_total\\{errno=\"E[A-Z]+\",request=\"VFIO_DEVICE_BIND_IOMMUFD\"\\} 1.0");
  }

  private static NodeReport report(Device... devices) {
    return new NodeReport(
        new Wish(1, List.of(), false),
        NodeTopology.of(List.of(), List.of(), List.of()),
        new InventorySnapshot(new LinkedHashSet<>(List.of(NIC)), List.of(devices)),
        Map.of(),
        Set.of(),
        List.of());
  }

  private static Device device(String address, DeviceState state) {
    return new Device(
        NIC, List.of(PciAddress.parse(address)), "smmu3.a", 1, 0, state, "Because", "");
  }
}
