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
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every call that building a tree makes fails once: nothing may be left. */
class VmTreeRollbackTest {
  private static final SimulatedNode NODE = SimulatedNode.small().onVfio();
  private static final List<TreeDevice> DEVICES = Nodes.devices(NODE);

  static Stream<Call> steps() {
    FaultyKernel kernel = new FaultyKernel(new SimulatedKernel(NODE));
    IommuContext context = Nodes.context(kernel);
    VmTree tree = VmTree.build(context, DEVICES, InitialProxy.BYPASS);
    List<Call> calls = kernel.calls();
    tree.close();
    Call contextOpen = calls.getFirst();
    return calls.stream().filter(call -> !call.equals(contextOpen));
  }

  @ParameterizedTest
  @MethodSource("steps")
  void aFailedStepLeavesNothing(Call step) {
    SimulatedKernel machine = new SimulatedKernel(NODE);
    FaultyKernel kernel = new FaultyKernel(machine).fail(step, Errno.EIO);
    IommuContext context = Nodes.context(kernel);

    assertThatExceptionOfType(IommuException.class)
        .isThrownBy(() -> VmTree.build(context, DEVICES, InitialProxy.BYPASS))
        .satisfies(e -> {
          assertThat(e.request()).isEqualTo(step.name());
          assertThat(e.errno()).isEqualTo(Errno.EIO);
          assertThat(e.object()).isNotBlank();
          assertThat(e.getSuppressed()).isEmpty();
        });
    assertThat(machine.machine().usage()).isEqualTo(new Usage(1, 1, 0, 0));
  }

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
