package io.vsmmu.iommufd.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a look at sysfs costs, and what it makes of a sysfs that changes meanwhile. */
class SysfsRecorderTest {

  private static final PciAddress NIC = PciAddress.parse("0000:09:00.0");
  private static final String NIC_FOLDER = "bus/pci/devices/0000:09:00.0";

  @TempDir Path root;
  private SysfsFixture sysfs;

  @BeforeEach
  void twoFunctions() {
    sysfs = new SysfsFixture(root);
    for (var address : List.of("0000:09:00.0", "0000:0a:00.0")) {
      sysfs
          .function(address, "0x8086", "0x10d3", "0x020000")
          .attribute("numa_node", "0")
          .attribute("reset_method", "flr")
          .driver("vfio-pci")
          .vfioDevice("vfio" + address.charAt(6))
          .smmu("smmu3.0x000000000c000000")
          .group("7", "0x0000000008000000 0x00000000080fffff msi");
    }
  }

  @Test
  void eachAttributeIsReadOnceAndEachGroupOnce() throws IOException {
    for (int i = 0; i < 20; i++) {
      sysfs.function("0000:0b:%02x.0".formatted(i), "0x8086", "0x10d3", "0x020000").group("7");
    }
    var files = new ChangingFiles();

    new SysfsRecorder(root, files).record();

    assertThat(files.reads).allSatisfy((_, times) -> assertThat(times).isEqualTo(1));
    assertThat(files.readsBelow("kernel/iommu_groups")).isEqualTo(1);
    // Its folder and place, six files, three links and the folder of its VFIO device.
    assertThat(files.readsBelow(NIC_FOLDER)).isEqualTo(12);
    // Nothing is tried that is not there.
    assertThat(files.readsBelow("bus/pci/devices/0000:0b:00.0")).isEqualTo(7);
  }

  @Test
  void aFunctionThatVanishesBetweenTwoReadsIsLeftOut() throws IOException {
    var files = new ChangingFiles();
    files.before(NIC_FOLDER + "/device", () -> Files.delete(root.resolve(NIC_FOLDER)));

    assertThat(topology(files).functions())
        .extracting(PciFunction::address)
        .containsExactly(PciAddress.parse("0000:0a:00.0"));
  }

  @Test
  void aDriverThatLeavesMeanwhileIsGone() throws IOException {
    var files = new ChangingFiles();
    files.before(NIC_FOLDER + "/driver", () -> Files.delete(root.resolve(NIC_FOLDER + "/driver")));

    assertThat(topology(files).function(NIC).orElseThrow())
        .matches(function -> function.driver() == null)
        .matches(function -> function.faults().isEmpty());
  }

  @Test
  void aGroupThatVanishesMeanwhileHasNoRegions() throws IOException {
    var files = new ChangingFiles();
    var regions = "kernel/iommu_groups/7/reserved_regions";
    files.before(regions, () -> Files.delete(root.resolve(regions)));

    assertThat(topology(files).function(NIC).orElseThrow().reservedRegions()).isEmpty();
  }

  @Test
  void anAttributeThatTheKernelFailsToReadIsAFaultOfItsFunction() throws IOException {
    var files = new ChangingFiles();
    var file = NIC_FOLDER + "/vendor";
    files.before(
        file,
        () -> {
          throw new FileSystemException(file, null, "Input/output error");
        });

    var topology = topology(files);

    assertThat(topology.functions()).hasSize(2);
    assertThat(topology.function(NIC).orElseThrow())
        .matches(function -> function.vendor() == PciFunction.UNREADABLE)
        .satisfies(function ->
            assertThat(function.faults())
                .containsExactly("vendor cannot be read: Input/output error"));
  }

  @Test
  void anAttributeThatMayNotBeReadIsAFaultThatSaysSo() throws IOException {
    var files = new ChangingFiles();
    var file = NIC_FOLDER + "/vendor";
    files.before(
        file,
        () -> {
          throw new AccessDeniedException(file);
        });

    assertThat(topology(files).function(NIC).orElseThrow().faults())
        .containsExactly("vendor cannot be read: Permission denied");
  }

  @Test
  void aFolderThatCannotBeListedIsAFaultOfItsFunction() throws IOException {
    var files = new ChangingFiles();
    files.before(
        NIC_FOLDER,
        () -> {
          throw new FileSystemException(NIC_FOLDER, null, "Permission denied");
        });

    assertThat(topology(files).function(NIC).orElseThrow().faults())
        .contains("its folder cannot be read: Permission denied");
  }

  @Test
  void anSmmuClassThatCannotBeListedIsAFaultAndFunctionsNameTheirSmmus() throws IOException {
    var files = new ChangingFiles();
    files.before(
        "class/iommu",
        () -> {
          throw new FileSystemException("class/iommu", null, "Input/output error");
        });

    var topology = topology(files);

    assertThat(topology.functions()).hasSize(2);
    assertThat(topology.smmus()).hasSize(1);
    assertThat(topology.faults())
        .containsExactly(
            "class/iommu cannot be read: Input/output error: SMMUs without devices are not seen");
  }

  private NodeTopology topology(SysfsFiles files) throws IOException {
    return new SysfsRecorder(root, files).record().topology();
  }

  /** The files of the fixture, counted, with events before chosen reads. */
  private final class ChangingFiles implements SysfsFiles {
    private final Map<String, Integer> reads = new ConcurrentHashMap<>();
    private final Map<String, Event> events = new HashMap<>();

    void before(String file, Event event) {
      events.put(file, event);
    }

    long readsBelow(String folder) {
      return reads.keySet().stream().filter(file -> file.startsWith(folder)).count();
    }

    @Override
    public List<String> list(Path folder) throws IOException {
      note(folder, " (list)");
      return REAL.list(folder);
    }

    @Override
    public String read(Path file) throws IOException {
      note(file, "");
      return REAL.read(file);
    }

    @Override
    public Path target(Path link) throws IOException {
      note(link, "");
      return REAL.target(link);
    }

    private void note(Path path, String how) throws IOException {
      var name = root.relativize(path).toString();
      reads.merge(name + how, 1, Integer::sum);
      var event = events.get(name);
      if (event != null) {
        event.happen();
      }
    }
  }

  private interface Event {
    void happen() throws IOException;
  }
}
