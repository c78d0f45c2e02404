package io.vsmmu.lab.vm.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vsmmu.iommufd.topology.PciAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GuestDomainTest {

  @Test
  void hasEveryDeviceThatTheContainerWasGivenOfWhateverResource() {
    var devices =
        GuestDomain.devices(
            Map.of(
                "PCI_RESOURCE_VSMMU_IO_NIC", "0000:09:00.0,0000:21:00.0",
                "PCI_RESOURCE_VSMMU_IO_EDU", "0000:0b:00.0",
                "PATH", "/usr/bin",
                "VSMMU_HANDOFF", "/run/vsmmu/handoff.sock"));

    assertThat(devices)
        .extracting(PciAddress::toString)
        .containsExactly("0000:0b:00.0", "0000:09:00.0", "0000:21:00.0");
  }

  @Test
  void refusesAnAddressThatIsNone() {
    assertThatThrownBy(() -> GuestDomain.devices(Map.of("PCI_RESOURCE_X", "nic0")))
        .hasMessageContaining("nic0");
  }

  @Test
  void leavesThePlaceOfDevicesToOthers() {
    var domain =
        new GuestDomain(
            List.of(PciAddress.parse("0001:0b:1f.7")),
            256,
            Path.of("/files"),
            Path.of("/files/console.sock"));

    assertThat(domain.xml())
        .contains("<address domain=\"0x0001\" bus=\"0x0b\" slot=\"0x1f\" function=\"0x7\">")
        .contains("<iommufd enabled=\"yes\" fdgroup=\"iommu\">")
        .contains("/files/initrd")
        .doesNotContain("<address type=\"pci\"", "<iommu ", "type=\"pci\" index");
  }
}
