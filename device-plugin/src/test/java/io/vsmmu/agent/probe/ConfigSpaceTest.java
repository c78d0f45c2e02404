package io.vsmmu.agent.probe;

import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.agent.TestNode;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.topology.PciAddress;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigSpaceTest {

  private static final String PHYSICAL = "0000:03:00.0";
  private static final String VIRTUAL = "0000:03:00.1";

  @TempDir Path folder;
  private TestNode node;

  @BeforeEach
  void start() {
    node = new TestNode(folder, SimulatedNode.graceLike());
  }

  @Test
  void aVirtualFunctionAnswersThoughItHasAllOnesForItsVendor() {
    assertThat(silence(VIRTUAL)).isEmpty();
    assertThat(silence(PHYSICAL)).isEmpty();
  }

  @Test
  void whatReadsAsAllOnesDoesNotAnswer() {
    node.silence(VIRTUAL);
    node.silence(PHYSICAL);

    assertThat(silence(VIRTUAL)).map(Obstacle::reason).contains("NotAnswering");
    assertThat(silence(PHYSICAL)).map(Obstacle::reason).contains("NotAnswering");
  }

  private Optional<Obstacle> silence(String address) {
    return ConfigSpace.silence(node.sys(), PciAddress.parse(address));
  }
}
