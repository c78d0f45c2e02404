package io.vsmmu.iommufd.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SysfsTopologyTest {

  private static final String SMMU_0 = "smmu3.0x000000000c000000";
  private static final String SMMU_1 = "smmu3.0x000000000c020000";
  private static final PciAddress NIC = PciAddress.parse("0000:09:00.0");

  @TempDir Path folder;
  private SysfsFixture sysfs;

  @BeforeEach
  void emptyNode() {
    sysfs = new SysfsFixture(folder);
  }

  @Test
  void aFunctionOnItsHostDriver() throws IOException {
    sysfs
        .function("0000:09:00.0", "0x8086", "0x10d3", "0x020000")
        .driver("e1000e")
        .smmu(SMMU_0)
        .group("7", "0x0000000008000000 0x00000000080fffff msi")
        .attribute("numa_node", "1");

    assertThat(read().functions())
        .containsExactly(
            new PciFunction(
                NIC,
                0x8086,
                0x10d3,
                0x020000,
                "e1000e",
                null,
                7,
                1,
                SMMU_0,
                null,
                null,
                null,
                List.of(),
                List.of(),
                List.of(new ReservedRegion(0x8000000, 0x80fffff, "msi")),
                List.of()));
  }

  @Test
  void aVirtualFunctionOnVfio() throws IOException {
    sysfs
        .function("0000:09:10.1", "0x8086", "0x1520", "0x020000")
        .driver("vfio-pci")
        .vfioDevice("vfio3")
        .attribute("driver_override", "vfio-pci")
        .linked("physfn", "devices/pci0000:00/0000:09:00.0");

    var function = read().functions().getFirst();

    assertThat(function.onVfio()).isTrue();
    assertThat(function.vfioDevice()).isEqualTo("vfio3");
    assertThat(function.driverOverride()).isEqualTo("vfio-pci");
    assertThat(function.physicalFunction()).isEqualTo(NIC);
    assertThat(function.faults()).isEmpty();
  }

  @Test
  void functionsAreGatheredBySmmuAndByGroup() throws IOException {
    sysfs.function("0000:10:00.0", "0x8086", "0x10d3", "0x020000").smmu(SMMU_1).group("2");
    sysfs.function("0000:09:00.1", "0x8086", "0x10d3", "0x020000").smmu(SMMU_0).group("1");
    sysfs.function("0000:09:00.0", "0x8086", "0x10d3", "0x020000").smmu(SMMU_0).group("1");

    var topology = read();

    assertThat(topology.smmus())
        .containsExactly(
            new PhysicalSmmu(SMMU_0, List.of(NIC, PciAddress.parse("0000:09:00.1"))),
            new PhysicalSmmu(SMMU_1, List.of(PciAddress.parse("0000:10:00.0"))));
    assertThat(topology.groups())
        .extracting(IommuGroup::number, group -> group.functions().size())
        .containsExactly(tuple(1, 2), tuple(2, 1));
  }

  @Test
  void anSmmuWithoutDevicesIsStillThere() throws IOException {
    sysfs.smmu(SMMU_1);

    assertThat(read().smmus()).containsExactly(new PhysicalSmmu(SMMU_1, List.of()));
  }

  @Test
  void aNodeWithoutIommuHasNoSmmus() throws IOException {
    sysfs.function("0000:00:02.0", "0x8086", "0x10d3", "0x020000");

    assertThat(read().smmus()).isEmpty();
    assertThat(read().groups()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"-1", "-42"})
  void aNegativeNumaNodeIsNone(String node) throws IOException {
    sysfs.function("0000:09:00.0", "0x8086", "0x10d3", "0x020000").attribute("numa_node", node);

    assertThat(read().functions().getFirst().numaNode()).isNull();
    assertThat(read().functions().getFirst().faults()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"0-1,8 | true", "0,8 | false", "0 | false", "two | true", "'' | true", "1 | true"})
  void aNumaNodeWithoutCpusIsNotWhereProgramsRun(String withCpus, boolean near) throws IOException {
    sysfs.function("0000:09:00.0", "0x8086", "0x10d3", "0x020000").attribute("numa_node", "1");
    sysfs.cpuNodes(withCpus);

    var function = read().functions().getFirst();

    assertThat(function.numaNode()).isEqualTo(1);
    assertThat(read().nodeWithCpus(function).isPresent()).isEqualTo(near);
  }

  @Test
  void whereCpusAreIsNotGuessedFromAGarbledList() throws IOException {
    sysfs.cpuNodes("0-1,two");

    assertThat(read().cpuNodes()).isEmpty();
    assertThat(read().faults())
        .containsExactly("has_cpu reads '0-1,two', not a list of NUMA nodes");
  }

  @ParameterizedTest
  @CsvSource({"e1000e, true", "pci-stub, false", ", false"})
  void aFunctionIsHeldByTheHostThroughItsDriver(@Nullable String driver, boolean held)
      throws IOException {
    var function = sysfs.function("0000:09:00.0", "0x8086", "0x10d3", "0x020000");
    if (driver != null) {
      function.driver(driver);
    }

    assertThat(read().functions().getFirst().heldByHost()).isEqualTo(held);
  }

  @Test
  void neitherBridgesNorFunctionsOnVfioAreHeldByTheHost() throws IOException {
    sysfs.function("0000:08:00.0", "0x1b36", "0x000c", "0x060400").driver("pcieport");
    sysfs
        .function("0000:09:00.0", "0x8086", "0x10d3", "0x020000")
        .driver("mlx5_vfio_pci")
        .vfioDevice("vfio0");

    assertThat(read().functions()).hasSize(2).noneMatch(PciFunction::heldByHost);
  }

  @Test
  void aNodeOfThousandsOfFunctionsIsReadWhole() throws IOException {
    for (int domain = 0; domain < 64; domain++) {
      var smmu = "smmu3.0x%016x".formatted(domain << 24);
      for (int each = 0; each < 64; each++) {
        sysfs
            .function(
                "%04x:01:%02x.%x".formatted(domain, each / 8, each % 8),
                "0x15b3",
                "0x101e",
                "0x020000")
            .attribute("numa_node", Integer.toString(domain / 32))
            .driver("mlx5_core")
            .smmu(smmu)
            .group(Integer.toString(domain * 64 + each), "0x08000000 0x080fffff msi");
      }
    }

    var topology = read();

    assertThat(topology.functions()).hasSize(4096).allMatch(each -> each.faults().isEmpty());
    assertThat(topology.smmus()).hasSize(64).allMatch(smmu -> smmu.functions().size() == 64);
    assertThat(topology.groups()).hasSize(4096);
  }

  @ParameterizedTest
  @CsvSource({
    "0x060400, true",
    "0x060000, true",
    "0x068000, false",
    "0x020000, false",
    "0x0c0330, false"
  })
  void bridgesAreToldByTheirClass(String classCode, boolean bridge) throws IOException {
    sysfs.function("0000:09:00.0", "0x1b36", "0x000c", classCode);

    assertThat(read().functions().getFirst().bridge()).isEqualTo(bridge);
  }

  @Test
  void aDirectRegionIsTold() throws IOException {
    sysfs
        .function("0000:09:00.0", "0x8086", "0x10d3", "0x020000")
        .group("1", "0x0000000080000000 0x00000000ffffffff direct");

    assertThat(read().functions().getFirst().reservedRegions())
        .singleElement()
        .matches(ReservedRegion::direct);
  }

  @ParameterizedTest
  @CsvSource({
    "vendor, 'oops', vendor reads 'oops'",
    "device, '0x123456', device reads '0x123456'",
    "class, '-1', class reads '-1'",
    "numa_node, 'two', numa_node reads 'two'",
  })
  void aGarbledAttributeIsAFaultOfTheFunction(String attribute, String value, String fault)
      throws IOException {
    sysfs.function("0000:09:00.0", "0x8086", "0x10d3", "0x020000").attribute(attribute, value);

    assertThat(read().functions().getFirst().faults()).singleElement().asString().startsWith(fault);
  }

  @Test
  void aMissingVendorReadsAsNobody() throws IOException {
    sysfs.function("0000:09:00.0", "0x8086", "0x10d3", "0x020000").without("vendor");

    var function = read().functions().getFirst();

    assertThat(function.vendor()).isEqualTo(PciFunction.UNREADABLE);
    assertThat(function.faults()).containsExactly("vendor is missing");
  }

  @Test
  void garbledLinksAndRegionsAreFaultsOfTheFunction() throws IOException {
    sysfs
        .function("0000:09:00.0", "0x8086", "0x10d3", "0x020000")
        .group("seven", "here be dragons")
        .attribute("driver", "not a link")
        .linked("physfn", "devices/nonsense");

    assertThat(read().functions().getFirst().faults())
        .containsExactlyInAnyOrder(
            "driver is no link",
            "iommu_group links to 'seven', not to a number",
            "physfn links to 'nonsense', not to a PCI function",
            "reserved_regions has the line 'here be dragons', which is no region");
  }

  @Test
  void aFunctionThatVanishedMeanwhileIsLeftOut() throws IOException {
    sysfs.function("0000:09:00.0", "0x8086", "0x10d3", "0x020000");
    Files.createSymbolicLink(
        folder.resolve("bus/pci/devices/0000:0a:00.0"), Path.of("../../../devices/gone"));

    assertThat(read().functions()).extracting(PciFunction::address).containsExactly(NIC);
  }

  @Test
  void anEntryThatIsNoPciAddressIsNamed() throws IOException {
    sysfs.strangeEntry("pci-thing");

    assertThat(read().faults())
        .containsExactly("bus/pci/devices/pci-thing is no PCI address: ignored");
  }

  @Test
  void aTreeWithoutPciCannotBeRead() {
    assertThatThrownBy(() -> SysfsTopology.read(folder.resolve("nowhere")))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining("bus/pci/devices");
  }

  private NodeTopology read() throws IOException {
    return SysfsTopology.read(sysfs.root());
  }
}
