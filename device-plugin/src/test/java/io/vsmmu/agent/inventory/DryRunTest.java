package io.vsmmu.agent.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A VSmmu that asks only what would be done. */
class DryRunTest extends NodeInventoryFixture {

  @Test
  void aDryRunTouchesNothingAndAdvertisesNothing() throws IOException {
    var node = node(SimulatedNode.graceLike());
    var inventory = inventory(node);

    var report = wish(inventory, new Wish(1, List.of(GPUS), true));

    assertThat(report.inventory().resources()).isEmpty();
    assertThat(report.inventory().devices())
        .hasSize(4)
        .allMatch(device -> device.reason().equals("DryRun"))
        .allMatch(device -> device.state() == DeviceState.INELIGIBLE)
        .first()
        .satisfies(device ->
            assertThat(device.message())
                .contains(FIRST + " would move: nvidia -> vfio-pci", "advertised as " + GPU));
    assertThat(node.function(FIRST).driver()).isEqualTo("nvidia");
  }

  @Test
  void aDryRunSaysWhatIsInTheWayAndWhatWouldBeGivenBack() throws IOException {
    var node = node(SimulatedNode.graceLike());
    var inventory = inventory(node);
    wish(inventory, GPUS);

    var report =
        wish(
            inventory,
            new Wish(
                ++generation,
                List.of(ResourceSpec.of("vsmmu.io/nic", DeviceSelector.ofIds("15b3", "1021"))),
                true));

    assertThat(report.inventory().devices())
        .hasSize(2)
        .allMatch(device -> device.reason().equals("VirtualFunctionsEnabled"));
    assertThat(report.remarks())
        .contains(FIRST + " would be given back: vfio-pci -> nvidia")
        .hasSize(4);
    assertThat(node.function(FIRST).driver()).isEqualTo("vfio-pci");
  }
}
