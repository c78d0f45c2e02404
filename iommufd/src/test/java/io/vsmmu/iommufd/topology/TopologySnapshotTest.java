package io.vsmmu.iommufd.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TopologySnapshotTest {

  private static final String SMMU = "smmu3.0x000000000c000000";

  @TempDir Path folder;
  private SysfsFixture sysfs;
  private Path file;

  @BeforeEach
  void emptyNode() {
    sysfs = new SysfsFixture(folder.resolve("sys"));
    file = folder.resolve("node.topology");
  }

  @Test
  void theFileIsTextWithSysfsOwnNames() throws IOException {
    sysfs.smmu("smmu3.0x000000000d000000");
    sysfs.cpuNodes("0-1");
    sysfs
        .functionBelow("0000:08:00.0", "0000:09:00.0", "0x8086", "0x10d3", "0x020000")
        .attribute("numa_node", "1")
        .attribute("reset_method", "flr bus")
        .attribute("sriov_numvfs", "2")
        .attribute("sriov_totalvfs", "8")
        .driver("vfio-pci")
        .vfioDevice("vfio0")
        .smmu(SMMU)
        .group(
            "7",
            "0x0000000008000000 0x00000000080fffff msi",
            "0x0000000080000000 0x00000000800fffff direct");

    take().save(file);

    assertThat(file)
        .hasContent(
            """
            vsmmu topology 1

            class/iommu/smmu3.0x000000000d000000

            devices/system/node
              has_cpu = 0-1

            kernel/iommu_groups/7
              reserved_regions = 0x0000000008000000 0x00000000080fffff msi
              reserved_regions = 0x0000000080000000 0x00000000800fffff direct

            bus/pci/devices/0000:09:00.0 -> pci0000:00/0000:08:00.0/0000:09:00.0
              class = 0x020000
              device = 0x10d3
              driver -> vfio-pci
              driver_override = (null)
              iommu -> smmu3.0x000000000c000000
              iommu_group -> 7
              numa_node = 1
              reset_method = flr bus
              sriov_numvfs = 2
              sriov_totalvfs = 8
              vendor = 0x8086
              vfio-dev / vfio0
            """);
  }

  @Test
  void aReplaySaysWhatTheNodeSaid() throws IOException {
    sysfs.smmu(SMMU);
    sysfs.function("0000:08:00.0", "0x1b36", "0x000c", "0x060400");
    sysfs
        .functionBelow("0000:08:00.0", "0000:09:00.0", "0x8086", "0x1572", "0x020000")
        .attribute("sriov_totalvfs", "8")
        .driver("ice")
        .smmu(SMMU)
        .group("7", "0x0000000008000000 0x00000000080fffff msi");
    sysfs
        .functionBelow("0000:08:00.0", "0000:09:10.1", "0x8086", "0x1520", "0x020000")
        .linked("physfn", "devices/pci0000:00/0000:09:00.0")
        .smmu(SMMU)
        .group("8", "");
    var taken = take();

    taken.save(file);
    var replayed = TopologySnapshot.load(file);

    assertThat(replayed).isEqualTo(taken);
    assertThat(replayed.topology()).isEqualTo(SysfsTopology.read(sysfs.root()));
    assertThat(replayed.topology().functions()).hasSize(3);
  }

  @Test
  void anSmmuClassThatWasNoFolderIsNoneInTheReplay() throws IOException {
    Files.createDirectories(sysfs.root().resolve("class"));
    Files.writeString(sysfs.root().resolve("class/iommu"), "");

    take().save(file);

    assertThat(TopologySnapshot.load(file)).isEqualTo(take());
    assertThat(TopologySnapshot.load(file).topology().faults())
        .containsExactly("class/iommu is no folder: SMMUs without devices are not seen");
  }

  @Test
  void whatWasGarbledIsGarbledInTheReplay() throws IOException {
    sysfs.strangeEntry("pci thing\\");
    sysfs
        .function("0000:09:00.0", "0x8086", "oo\tps\nna = -> nu", "0x020000")
        .group("seven", "here be dragons", "", "é")
        .attribute("driver", "not a link")
        .without("vendor");

    take().save(file);
    var replayed = TopologySnapshot.load(file).topology();

    assertThat(replayed).isEqualTo(SysfsTopology.read(sysfs.root()));
    assertThat(replayed.faults()).hasSize(1);
    assertThat(replayed.functions().getFirst().faults())
        .contains("driver is no link", "vendor is missing")
        .hasSizeGreaterThan(4);
  }

  @Test
  void whatIdentifiesAMachineIsNotInIt() throws IOException {
    sysfs
        .function("0000:09:00.0", "0x8086", "0x10d3", "0x020000")
        .attribute("vpd", "SN1234567890")
        .attribute("serial_number", "00-11-22-33-44-55-66-77")
        .attribute("net/eth0/address", "52:54:00:12:34:56");

    assertThat(take().toString())
        .doesNotContain("SN1234567890", "00-11-22-33-44-55-66-77", "52:54:00:12:34:56");
  }

  @Test
  void itsOrderDependsOnTheFactsOnly() throws IOException {
    for (var address : List.of("0000:0a:00.0", "0000:09:00.0", "0000:10:00.0")) {
      sysfs.function(address, "0x8086", "0x10d3", "0x020000").group(address.substring(5, 7));
    }
    var other = new SysfsFixture(folder.resolve("other"));
    for (var address : List.of("0000:10:00.0", "0000:0a:00.0", "0000:09:00.0")) {
      other.function(address, "0x8086", "0x10d3", "0x020000").group(address.substring(5, 7));
    }

    assertThat(take()).hasToString(TopologySnapshot.take(other.root()).toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                                              | line 1: it does not begin with",
        "kind: Pod                                       | line 1: it does not begin with",
        "vsmmu topology 1;devices/pci0000:00             | line 2: 'devices/pci0000:00' is no folder",
        "vsmmu topology 1;;  class = 0x020000            | line 3: 'class = 0x020000' is no attribute",
        "vsmmu topology 1;bus/pci/devices/a;  class 0x02 | line 3: 'class 0x02' is no attribute",
      })
  void anotherFileIsRefusedWithTheLineThatIsWrong(String lines, String message) throws IOException {
    Files.writeString(file, lines.replace(';', '\n'));

    assertThatThrownBy(() -> TopologySnapshot.load(file))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(file + " is no topology snapshot: " + message)
        .hasMessageEndingWith("take it anew with: vsmmu inspect --output snapshot");
  }

  private TopologySnapshot take() throws IOException {
    return TopologySnapshot.take(sysfs.root());
  }
}
