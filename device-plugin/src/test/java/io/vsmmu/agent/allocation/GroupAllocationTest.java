package io.vsmmu.agent.allocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.vsmmu.agent.TestNode;
import io.vsmmu.agent.inventory.DeviceState;
import io.vsmmu.agent.inventory.Wish;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A card of two functions that share an isolation group. */
class GroupAllocationTest extends AllocationsFixture {

  private static final String CARD = "0001:01:00.0";
  private static final String SECOND_PORT = "0001:01:00.1";

  @BeforeEach
  void aCardOfTwoFunctions() throws IOException {
    agent.inventory.close();
    node = new TestNode(folder.resolve("cards"), SimulatedNode.graceLike());
    agent = new Agent();
  }

  @Test
  void bothFunctionsComeWithTheOneIdThatKubeletKnows() throws Exception {
    var answer = agent.allocate(CARD);

    assertThat(answer.env().values()).contains(CARD).doesNotContain(SECOND_PORT);
    var manifest = Objects.requireNonNull(agent.ledger.allocations().getFirst().manifest());
    assertThat(manifest.devices())
        .extracting(HandoffManifest.HandedDevice::pciAddress)
        .containsExactly(CARD, SECOND_PORT);
    assertThat(manifest.viommus()).hasSize(1);
  }

  @Test
  void theSecondFunctionCannotBeAllocatedAlone() {
    assertThatThrownBy(() -> agent.allocate(SECOND_PORT))
        .isInstanceOf(AllocationException.class)
        .hasMessageContaining("has no device " + SECOND_PORT);
  }

  @Test
  void aSiblingThatWentToTheHostSinceTheCardWasAdvertisedIsNamed() throws Exception {
    agent.wish(new Wish(2, List.of(), false));
    await().until(() -> "igb".equals(node.function(SECOND_PORT).driver()));
    node.sysfs().write("bus/pci/devices/" + SECOND_PORT + "/driver/unbind", SECOND_PORT);
    agent.wish(ResourceSpec.of(NIC, new DeviceSelector(null, null, null, CARD, null, null)));
    assertThat(agent.inventory.snapshot().device(CARD).orElseThrow().state())
        .isEqualTo(DeviceState.AVAILABLE);

    node.sysfs().write("bus/pci/drivers_probe", SECOND_PORT);

    assertThatThrownBy(() -> agent.allocate(CARD))
        .isInstanceOf(AllocationException.class)
        .hasMessageContaining("EPERM")
        .hasMessageContaining(SECOND_PORT + " is on igb");
    assertNothingIsLeft();
  }
}
