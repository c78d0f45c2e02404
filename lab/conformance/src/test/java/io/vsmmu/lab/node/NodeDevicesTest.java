package io.vsmmu.lab.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.vsmmu.iommufd.topology.Sysfs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bringing devices onto vfio-pci. */
class NodeDevicesTest {
  private static final String ADDRESS = "0000:09:00.0";

  @TempDir Path sys;
  private Path folder;
  private final List<String> writes = new ArrayList<>();

  @BeforeEach
  void device() throws IOException {
    folder = sys.resolve("bus/pci/devices").resolve(ADDRESS);
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("vendor"), "0x8086\n");
    Files.writeString(folder.resolve("device"), "0x10d3\n");
    Files.writeString(folder.resolve("class"), "0x020000\n");
    Path smmu = Files.createDirectories(sys.resolve("devices/smmu3.0x000000000c000000"));
    Files.createSymbolicLink(folder.resolve("iommu"), smmu);
    driver("e1000e");
  }

  @Test
  void aDeviceLeavesItsDriver() throws IOException {
    var devices = new NodeDevices(kernel(true)).onVfio(0x8086, 0x10d3);

    assertThat(devices)
        .singleElement()
        .satisfies(device -> {
          assertThat(device.pciAddress()).isEqualTo(ADDRESS);
          assertThat(device.cdev()).isEqualTo(Path.of("/dev/vfio/devices/vfio0"));
          assertThat(device.smmu()).isEqualTo("smmu3.0x000000000c000000");
        });
    assertThat(writes)
        .containsExactly(
            "bus/pci/devices/0000:09:00.0/driver_override=vfio-pci",
            "bus/pci/drivers/e1000e/unbind=0000:09:00.0",
            "bus/pci/drivers_probe=0000:09:00.0");
  }

  @Test
  void aDeviceThatIsThereIsLeftAlone() throws IOException {
    onVfio();

    assertThat(new NodeDevices(kernel(true)).onVfio(0x8086, 0x10d3)).hasSize(1);
    assertThat(writes).isEmpty();
  }

  @Test
  void otherModelsAreLeftAlone() throws IOException {
    assertThat(new NodeDevices(kernel(true)).onVfio(0x1234, 0x11e8)).isEmpty();
    assertThat(writes).isEmpty();
  }

  @Test
  void aDeviceThatDoesNotGetThereIsAnError() {
    assertThatIOException()
        .isThrownBy(() -> new NodeDevices(kernel(false)).onVfio(0x8086, 0x10d3))
        .withMessageContaining(ADDRESS)
        .withMessageContaining("e1000e");
  }

  /** A kernel that does what it is told, or nothing. */
  private Sysfs kernel(boolean obeys) {
    return new Sysfs() {
      @Override
      public Path root() {
        return sys;
      }

      @Override
      public void write(String attribute, String value) throws IOException {
        writes.add(attribute + "=" + value);
        if (obeys && attribute.endsWith("drivers_probe")) {
          onVfio();
        }
      }
    };
  }

  private void onVfio() throws IOException {
    driver("vfio-pci");
    Files.createDirectories(folder.resolve("vfio-dev/vfio0"));
  }

  private void driver(String name) throws IOException {
    Path driver = Files.createDirectories(sys.resolve("bus/pci/drivers").resolve(name));
    Files.deleteIfExists(folder.resolve("driver"));
    Files.createSymbolicLink(folder.resolve("driver"), driver);
  }
}
