package io.vsmmu.iommufd.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the tree of a simulated node tells: who looks when told, and only then, sees it all. */
class TopologyChangesTest {

  private static final PciAddress FIRST = PciAddress.parse("0000:09:00.0");
  private static final PciAddress LATER = PciAddress.parse("0000:0a:00.0");

  @TempDir Path root;
  private SysfsFixture sysfs;
  private TopologyChanges.Watch watch;
  private volatile @Nullable NodeTopology seen;

  @BeforeEach
  void oneFunction() throws IOException {
    sysfs = new SysfsFixture(root);
    sysfs.function(FIRST.toString(), "0x8086", "0x10d3", "0x020000").driver("e1000e");
    watch = TopologyChanges.ofTree(root).watch(this::look);
  }

  @AfterEach
  void close() {
    watch.close();
  }

  @Test
  void aDriverThatLeavesAndTheVfioNodeThatComes() throws IOException {
    var folder = root.resolve("bus/pci/devices").resolve(FIRST.toString());

    Files.delete(folder.resolve("driver"));
    isSeen(FIRST, function -> function.driver() == null);

    Files.createDirectories(folder.resolve("vfio-dev/vfio0"));
    isSeen(FIRST, PciFunction::onVfio);
  }

  @Test
  void aFunctionThatComesLaterAndItsDriver() {
    var later = sysfs.function(LATER.toString(), "0x8086", "0x10d3", "0x020000");
    isSeen(LATER, function -> function.driver() == null);

    later.driver("vfio-pci");
    isSeen(LATER, function -> "vfio-pci".equals(function.driver()));
  }

  @Test
  void nothingAfterItWasClosed() {
    watch.close();
    seen = null;

    sysfs.function(LATER.toString(), "0x8086", "0x10d3", "0x020000");

    assertThat(seen).isNull();
  }

  private void look() {
    try {
      seen = SysfsTopology.read(root);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void isSeen(PciAddress address, Predicate<PciFunction> like) {
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> {
          var topology = seen;
          return topology != null && topology.function(address).filter(like).isPresent();
        });
  }
}
