package io.vsmmu.iommufd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.simulated.FaultyKernel;
import io.vsmmu.iommufd.simulated.FaultyKernel.Call;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import io.vsmmu.iommufd.simulated.SimulatedMachine.Usage;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is left of a tree that could not be built, and what is said about it. */
class VmTreeRollbackTest {
  private static final SimulatedNode NODE = SimulatedNode.small().onVfio();
  private static final List<TreeDevice> DEVICES = Nodes.devices(NODE);

  @Test
  void theContextCanBeUsedAfterAFailure() {
    SimulatedKernel machine = new SimulatedKernel(NODE);
    FaultyKernel kernel =
        new FaultyKernel(machine).fail(new Call("IOMMU_VIOMMU_ALLOC", 3), Errno.ENOMEM);
    IommuContext context = Nodes.context(kernel);
    assertThatExceptionOfType(IommuException.class)
        .isThrownBy(() -> VmTree.build(context, DEVICES, InitialProxy.BYPASS));

    assertThat(VmTree.build(context, DEVICES, InitialProxy.BYPASS).describe().viommus()).hasSize(2);
  }

  @Test
  void severalFailuresAreAllTold() {
    FaultyKernel kernel =
        new FaultyKernel(new SimulatedKernel(NODE))
            .fail(new Call("IOMMU_VIOMMU_ALLOC", 1), Errno.ENOMEM)
            .fail(new Call("IOMMU_DESTROY", 1), Errno.EIO);
    IommuContext context = Nodes.context(kernel);

    assertThatExceptionOfType(IommuException.class)
        .isThrownBy(() -> VmTree.build(context, DEVICES, InitialProxy.BYPASS))
        .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.ENOMEM))
        .satisfies(e ->
            assertThat(e.getSuppressed())
                .anySatisfy(suppressed ->
                    assertThat(suppressed)
                        .hasMessageContaining("IOMMU_DESTROY on nesting parent")));
  }

  @Test
  void anSmmuThatCannotNest() {
    SimulatedNode node = SimulatedNode.withoutNesting().onVfio();
    SimulatedKernel kernel = new SimulatedKernel(node);
    IommuContext context = Nodes.context(kernel);

    assertThatExceptionOfType(IommuException.class)
        .isThrownBy(() -> VmTree.build(context, Nodes.devices(node), InitialProxy.BYPASS))
        .satisfies(e -> assertThat(e.request()).isEqualTo("IOMMU_VIOMMU_ALLOC"))
        .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.EOPNOTSUPP))
        .satisfies(e -> assertThat(e.object()).contains(node.devices().getFirst().pciAddress()))
        .satisfies(e -> assertThat(e.hint()).contains("S2FWB").contains("CANWBS"));
    assertThat(kernel.machine().usage()).isEqualTo(new Usage(1, 1, 0, 0));
  }

  @Test
  void aWrongSmmuNameIsFoundOutByTheKernel() {
    SimulatedKernel kernel = new SimulatedKernel(NODE);
    IommuContext context = Nodes.context(kernel);
    String first = DEVICES.getFirst().smmu();
    List<TreeDevice> devices =
        DEVICES.stream()
            .map(device -> new TreeDevice(device.pciAddress(), device.cdev(), first))
            .toList();

    assertThatExceptionOfType(IommuException.class)
        .isThrownBy(() -> VmTree.build(context, devices, InitialProxy.BYPASS))
        .satisfies(e -> assertThat(e.request()).isEqualTo("VFIO_DEVICE_ATTACH_IOMMUFD_PT"))
        .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
    assertThat(kernel.machine().usage()).isEqualTo(new Usage(1, 1, 0, 0));
  }
}
