package io.vsmmu.agent.binding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.vsmmu.agent.TestNode;
import io.vsmmu.agent.mortal.Life;
import io.vsmmu.agent.mortal.MortalPath;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.Sysfs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * An agent is killed at every step by which it moves a device to VFIO and gives it back; the next
 * one finds its way from there, whatever is wished then.
 */
class KilledBinderTest {

  private static final String GPU = "0008:06:00.0";
  private static final String VFIO = "vfio-pci";

  @TempDir static Path undisturbed;

  static LongStream steps() throws Exception {
    var life = Life.unlimited();
    live(node(Files.createTempDirectory(undisturbed, "steps")), life);
    return LongStream.range(0, life.steps());
  }

  @ParameterizedTest(name = "before step {0}")
  @MethodSource("steps")
  void theNextOneGivesTheDeviceBack(long step, @TempDir Path folder) throws Exception {
    var node = killedAt(step, folder);
    var next = node.binder();

    for (var address : next.boundByUs()) {
      next.giveBack(address);
    }

    isWithTheHost(node);
  }

  @ParameterizedTest(name = "before step {0}")
  @MethodSource("steps")
  void theNextOneBindsTheDeviceAndGivesItBackWhenItIsTold(long step, @TempDir Path folder)
      throws Exception {
    var node = killedAt(step, folder);
    var next = node.binder();

    next.bind(node.function(GPU), VFIO);

    assertThat(node.function(GPU).driver()).isEqualTo(VFIO);
    assertThat(next.boundByUs()).containsExactly(PciAddress.parse(GPU));

    next.giveBack(PciAddress.parse(GPU));
    isWithTheHost(node);
  }

  private static TestNode killedAt(long step, Path folder) {
    var node = node(folder);
    assertThat(catchThrowable(() -> live(node, Life.until(step)))).isInstanceOf(Life.Killed.class);
    return node;
  }

  private static TestNode node(Path folder) {
    return new TestNode(folder, SimulatedNode.graceLike());
  }

  private static void live(TestNode node, Life life) throws Exception {
    var state = Files.createDirectories(node.state().resolve("drivers"));
    var binder =
        Binder.open(
            mortal(node.sysfs(), life),
            node.proc(),
            _ -> false,
            MortalPath.of(state, life),
            TestNode.BOOT);
    binder.bind(node.function(GPU), VFIO);
    binder.giveBack(PciAddress.parse(GPU));
  }

  private static Sysfs mortal(Sysfs sysfs, Life life) {
    return new Sysfs() {
      @Override
      public Path root() {
        return sysfs.root();
      }

      @Override
      public void write(String path, String value) throws IOException {
        life.step();
        sysfs.write(path, value);
      }
    };
  }

  private static void isWithTheHost(TestNode node) {
    assertThat(node.function(GPU).driver()).isEqualTo("nvidia");
    assertThat(node.function(GPU).driverOverride()).isNull();
    assertThat(node.state().resolve("drivers")).isEmptyDirectory();
  }
}
