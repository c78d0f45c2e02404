package io.vsmmu.iommufd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.simulated.FaultyKernel;
import io.vsmmu.iommufd.simulated.FaultyKernel.Call;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import io.vsmmu.iommufd.simulated.SimulatedMachine;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.topology.NodeTopology;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.PciFunction;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A bind that is refused with EPERM says what in the device's group is in the way. */
class GroupDiagnosisTest {
  private static final String DEVICE = "0000:01:00.0";
  private static final int ETHERNET = 0x020000;
  private static final int BRIDGE = 0x060400;

  @Test
  void siblingsOnHostDriversAreNamed() {
    NodeTopology topology =
        topology(
            function(DEVICE, ETHERNET, "vfio-pci", "vfio0", 7),
            function("0000:01:00.1", ETHERNET, "e1000e", null, 7),
            function("0000:01:00.2", ETHERNET, "nvme", null, 7),
            function("0000:02:00.0", ETHERNET, "e1000e", null, 8));

    assertThat(GroupDiagnosis.of(topology, DEVICE))
        .hasValueSatisfying(text ->
            assertThat(text)
                .startsWith(
                    "of its iommu group 7, 0000:01:00.1 is on e1000e and 0000:01:00.2 is on nvme")
                .contains("VFIO driver")
                .doesNotContain("0000:02:00.0"));
  }

  @Test
  void whoDoesNotCountIsNotNamed() {
    NodeTopology topology =
        topology(
            function(DEVICE, ETHERNET, "vfio-pci", "vfio0", 7),
            function("0000:01:00.1", ETHERNET, "nvgrace_gpu_vfio_pci", "vfio1", 7),
            function("0000:01:00.2", ETHERNET, null, null, 7),
            function("0000:01:00.3", ETHERNET, "pci-stub", null, 7),
            function("0000:00:01.0", BRIDGE, "pcieport", null, 7));

    assertThat(GroupDiagnosis.of(topology, DEVICE))
        .hasValueSatisfying(text ->
            assertThat(text)
                .contains("no function of its iommu group 7 is on a host driver")
                .contains("another iommufd context")
                .contains("MSIs"));
  }

  @Test
  void aDeviceThatTheTopologyDoesNotKnow() {
    assertThat(GroupDiagnosis.of(topology(), DEVICE)).isEmpty();
    assertThat(GroupDiagnosis.of(topology(), "a name")).isEmpty();
    assertThat(
            GroupDiagnosis.of(
                topology(function(DEVICE, ETHERNET, "vfio-pci", "vfio0", null)), DEVICE))
        .isEmpty();
  }

  @Test
  void aRefusedBindTells() {
    SimulatedNode node = SimulatedNode.small().onVfio();
    TreeDevice device = Nodes.devices(node).getFirst();
    NodeTopology topology =
        topology(
            function(device.pciAddress(), ETHERNET, "vfio-pci", "vfio0", 7),
            function("0000:7f:00.1", ETHERNET, "e1000e", null, 7));

    assertThatExceptionOfType(IommuException.class)
        .isThrownBy(() -> bindRefused(node, device, () -> topology))
        .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.EPERM))
        .satisfies(e -> assertThat(e.object()).isEqualTo(device.pciAddress()))
        .withMessageContaining("0000:7f:00.1 is on e1000e");
  }

  @Test
  void aTopologyThatCannotBeReadHidesNothing() {
    SimulatedNode node = SimulatedNode.small().onVfio();

    assertThatExceptionOfType(IommuException.class)
        .isThrownBy(() ->
            bindRefused(
                node,
                Nodes.devices(node).getFirst(),
                () -> {
                  throw new IOException("no sysfs");
                }))
        .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.EPERM))
        .satisfies(e -> assertThat(e.getSuppressed()).hasOnlyElementsOfType(IOException.class))
        .withMessageContaining("another device of its iommu group");
  }

  private static void bindRefused(SimulatedNode node, TreeDevice device, TopologySource topology) {
    FaultyKernel kernel =
        new FaultyKernel(new SimulatedKernel(node))
            .fail(new Call("VFIO_DEVICE_BIND_IOMMUFD", 1), Errno.EPERM);
    IommuContext context = IommuContext.open(kernel, SimulatedMachine.IOMMU, topology);
    VfioDevice.open(kernel, device.cdev(), device.pciAddress()).bind(context);
  }

  private static NodeTopology topology(PciFunction... functions) {
    return NodeTopology.of(List.of(functions), List.of(), List.of());
  }

  private static PciFunction function(
      String address,
      int classCode,
      @Nullable String driver,
      @Nullable String vfioDevice,
      @Nullable Integer group) {
    return new PciFunction(
        PciAddress.parse(address),
        0x8086,
        0x10d3,
        classCode,
        driver,
        null,
        group,
        null,
        "smmu3.0x000000000c000000",
        vfioDevice,
        null,
        null,
        List.of(),
        List.of(),
        List.of(),
        List.of());
  }
}
