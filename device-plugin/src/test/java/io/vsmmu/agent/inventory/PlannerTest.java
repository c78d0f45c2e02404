package io.vsmmu.agent.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.agent.TestNode;
import io.vsmmu.agent.inventory.Plan.Outcome;
import io.vsmmu.agent.inventory.Plan.PlannedDevice;
import io.vsmmu.agent.probe.Obstacle;
import io.vsmmu.agent.probe.SmmuReport;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.Management;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.topology.PciAddress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlannerTest {

  private static final String GPU = "0008:06:00.0";
  private static final ResourceSpec GPUS =
      ResourceSpec.of("vsmmu.io/gpu", DeviceSelector.ofIds("10de", "2941"));
  private static final ResourceSpec NICS =
      ResourceSpec.of("vsmmu.io/nic", DeviceSelector.ofVendor("15b3"));

  @TempDir Path folder;
  private TestNode node;

  @BeforeEach
  void devicesOnTheirHostDrivers() {
    node = new TestNode(folder, SimulatedNode.graceLike());
  }

  @Test
  void namesTheDriversThatWouldChangeAndChangesNone() throws IOException {
    var plan = plan(GPUS);

    assertThat(plan.advertised("vsmmu.io/gpu")).isEqualTo(4);
    assertThat(device(plan, GPU).functions())
        .singleElement()
        .matches(change -> change.text().equals("nvidia -> vfio-pci"));
    assertThat(node.function(GPU).driver()).isEqualTo("nvidia");
    assertThat(node.state().resolve("drivers")).isEmptyDirectory();
  }

  @Test
  void namesWhatIsInTheWayOfTheOthers() throws IOException {
    var plan = plan(NICS);

    assertThat(device(plan, "0000:03:00.0").outcome()).isEqualTo(Outcome.REFUSE);
    assertThat(device(plan, "0000:03:00.0").reason()).isEqualTo("VirtualFunctionsEnabled");
    assertThat(device(plan, "0000:03:00.0").moves()).isFalse();
    assertThat(device(plan, "0000:03:00.1").outcome()).isEqualTo(Outcome.ADVERTISE);
    assertThat(plan.advertised("vsmmu.io/nic")).isEqualTo(4);
  }

  @Test
  void whatIsBoundAndNoLongerWantedIsGivenBackToWhomItWasTakenFrom() throws Exception {
    node.binder().bind(node.function(GPU), "vfio-pci");

    assertThat(plan(NICS).returns())
        .singleElement()
        .matches(change -> change.function().toString().equals(GPU))
        .matches(change -> change.text().equals("vfio-pci -> nvidia"));
    assertThat(plan(GPUS).returns()).isEmpty();
    assertThat(device(plan(GPUS), GPU).moves()).isFalse();
  }

  @Test
  void whatAContainerHasStays() throws IOException {
    var plan =
        new Planner(
                node.topology(),
                Map.of(),
                Set.of(PciAddress.parse(GPU))::contains,
                HostDrivers.of(node.binder()))
            .plan(new Wish(1, List.of(GPUS), false));

    assertThat(device(plan, GPU).outcome()).isEqualTo(Outcome.IN_USE);
    assertThat(device(plan, GPU).moves()).isFalse();
    assertThat(plan.advertised("vsmmu.io/gpu")).isEqualTo(4);
  }

  @Test
  void unmanagedDevicesAreNotMoved() throws IOException {
    var unmanaged =
        new ResourceSpec(
            "vsmmu.io/gpu",
            GPUS.selectors(),
            null,
            Management.Unmanaged,
            null,
            null,
            null,
            null,
            null);

    assertThat(device(plan(unmanaged), GPU).reason()).isEqualTo("NotOnVfio");
  }

  @Test
  void anSmmuThatIsKnownNotToNestIsInTheWayAndAnUnknownOneIsSaidToBe() throws IOException {
    var smmu = Objects.requireNonNull(node.function(GPU).smmu());
    var report = new SmmuReport(smmu, new Obstacle("NoForcedWriteBack", "no FWB"), null);

    var plan =
        new Planner(
                node.topology(), Map.of(smmu, report), _ -> false, HostDrivers.of(node.binder()))
            .plan(new Wish(1, List.of(GPUS), false));

    assertThat(device(plan, GPU).reason()).isEqualTo("NoForcedWriteBack");
    assertThat(device(plan, "0009:06:00.0").message()).contains("can nest");
  }

  @Test
  void remarksOfTheSelectionArePassedOn() throws IOException {
    assertThat(plan(ResourceSpec.of("vsmmu.io/none", DeviceSelector.ofVendor("beef"))).remarks())
        .containsExactly("vsmmu.io/none selects no device of this node with {vendor: beef}");
  }

  private Plan plan(ResourceSpec... resources) throws IOException {
    return new Planner(node.topology(), Map.of(), _ -> false, HostDrivers.of(node.binder()))
        .plan(new Wish(1, List.of(resources), true));
  }

  private static PlannedDevice device(Plan plan, String id) {
    return plan.devices().stream()
        .filter(device -> device.id().equals(id))
        .findFirst()
        .orElseThrow();
  }
}
