package io.vsmmu.agent.receive;

import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.agent.allocation.HandoffManifest;
import io.vsmmu.agent.allocation.HandoffManifest.Capabilities;
import io.vsmmu.agent.allocation.HandoffManifest.HandedDevice;
import io.vsmmu.agent.allocation.HandoffManifest.NestingParent;
import io.vsmmu.agent.allocation.HandoffManifest.Viommu;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class QemuArgumentsTest {
  private static final Map<String, Integer> FDS =
      Map.of("iommufd", 7, "vfio:0000:09:00.0", 8, "vfio:0000:0a:00.0", 9, "vfio:0000:89:00.0", 10);

  @Test
  void aBridgeWithAnAcceleratedSmmuPerPhysicalOneAndAPortPerDevice() {
    var manifest =
        manifest(device("0000:09:00.0", 4), device("0000:0a:00.0", 4), device("0000:89:00.0", 8));

    assertThat(arguments(manifest))
        .containsExactly(
            "-object iommufd,id=iommufd0,fd=7",
            "-device pxb-pcie,id=pcie.1,bus=pcie.0,bus_nr=251",
            "-device arm-smmuv3,id=smmuv3.1,primary-bus=pcie.1,accel=on,"
                + "oas=44,ssidsize=0,ril=on,ats=off",
            "-device pcie-root-port,id=port0,bus=pcie.1,chassis=1",
            "-device vfio-pci,id=vfio0,bus=port0,iommufd=iommufd0,fd=8",
            "-device pcie-root-port,id=port1,bus=pcie.1,chassis=2",
            "-device vfio-pci,id=vfio1,bus=port1,iommufd=iommufd0,fd=9",
            "-device pxb-pcie,id=pcie.2,bus=pcie.0,bus_nr=254",
            "-device arm-smmuv3,id=smmuv3.2,primary-bus=pcie.2,accel=on,"
                + "oas=48,ssidsize=20,ril=off,ats=on",
            "-device pcie-root-port,id=port2,bus=pcie.2,chassis=3",
            "-device vfio-pci,id=vfio2,bus=port2,iommufd=iommufd0,fd=10");
  }

  @Test
  void aDeviceWithoutAVirtualSmmuIsOnTheMainBridge() {
    assertThat(arguments(manifest(device("0000:09:00.0", null))))
        .contains("-device pcie-root-port,id=port0,bus=pcie.0,chassis=1");
  }

  @Test
  void nothingForDevicesThatAreBoundAlready() {
    var bound = new HandedDevice("0000:09:00.0", "smmu3.a", 4, 0, "/dev/vfio/devices/vfio0", true);

    assertThat(QemuArguments.of(manifest(bound), QemuArgumentsTest::fd)).isEmpty();
  }

  /** Each option with its value. */
  private static List<String> arguments(HandoffManifest manifest) {
    var all = QemuArguments.of(manifest, QemuArgumentsTest::fd).orElseThrow();
    return Stream.iterate(0, i -> i < all.size(), i -> i + 2)
        .map(i -> all.get(i) + " " + all.get(i + 1))
        .toList();
  }

  private static int fd(String name) {
    return Objects.requireNonNull(FDS.get(name));
  }

  private static HandedDevice device(String address, @Nullable Integer viommu) {
    return new HandedDevice(address, "smmu", viommu, null, "/dev/vfio/devices/vfio0", false);
  }

  private static HandoffManifest manifest(HandedDevice... devices) {
    return new HandoffManifest(
        HandoffManifest.VERSION,
        "a1",
        List.of("iommufd"),
        1,
        "bypass",
        List.of(new NestingParent(3, "smmu3.a"), new NestingParent(7, "smmu3.b")),
        List.of(
            viommu(4, 3, new Capabilities(44, 0, 16, true, false, List.of("4K"))),
            viommu(8, 7, new Capabilities(52, 20, 16, false, true, List.of("4K")))),
        List.of(devices));
  }

  private static Viommu viommu(int id, int parent, Capabilities capabilities) {
    return new Viommu(id, "arm-smmuv3", "smmu", parent, id + 1, id + 2, capabilities);
  }
}
