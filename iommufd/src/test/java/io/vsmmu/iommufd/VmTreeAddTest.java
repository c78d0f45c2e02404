package io.vsmmu.iommufd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

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

/** A tree that grows: two devices behind two SMMUs come to one behind the first. */
class VmTreeAddTest {
  private static final SimulatedNode NODE = SimulatedNode.small().onVfio();
  private static final List<TreeDevice> FIRST = Nodes.devices(NODE).subList(0, 1);
  private static final List<TreeDevice> MORE = Nodes.devices(NODE).subList(1, 3);

  @Test
  void addedDevicesUseWhatTheTreeHasAndBringWhatItLacks() {
    SimulatedKernel kernel = new SimulatedKernel(NODE);
    VmTree tree = VmTree.build(Nodes.context(kernel), FIRST, InitialProxy.BYPASS);
    TreeDescription before = tree.describe();
    tree.release();

    tree.add(MORE);

    TreeDescription after = tree.describe();
    assertThat(after.ioas()).isEqualTo(before.ioas());
    assertThat(after.viommus()).hasSize(2).startsWith(before.viommus().getFirst());
    assertThat(after.nestingParents()).hasSize(2);
    assertThat(after.devices())
        .extracting(TreeDescription.Device::pciAddress)
        .containsExactlyElementsOf(
            Stream.concat(FIRST.stream(), MORE.stream()).map(TreeDevice::pciAddress).toList());
    assertThat(after.devices().get(1).viommu()).isEqualTo(before.viommus().getFirst().id());
    tree.close();
    assertThat(kernel.machine().usage()).isEqualTo(new Usage(1, 1, 0, 0));
  }

  @Test
  void aDeviceIsInATreeOnce() {
    SimulatedKernel kernel = new SimulatedKernel(NODE);
    VmTree tree = VmTree.build(Nodes.context(kernel), FIRST, InitialProxy.BYPASS);

    assertThatIllegalArgumentException().isThrownBy(() -> tree.add(FIRST));
  }

  static Stream<Call> steps() {
    FaultyKernel kernel = new FaultyKernel(new SimulatedKernel(NODE));
    VmTree tree = VmTree.build(Nodes.context(kernel), FIRST, InitialProxy.BYPASS);
    tree.release();
    int before = kernel.calls().size();
    tree.add(MORE);
    return kernel.calls().stream().skip(before);
  }

  @ParameterizedTest
  @MethodSource("steps")
  void aFailedStepLeavesTheTreeAsItWas(Call step) {
    SimulatedKernel machine = new SimulatedKernel(NODE);
    FaultyKernel kernel = new FaultyKernel(machine).fail(step, Errno.EIO);
    VmTree tree = VmTree.build(Nodes.context(kernel), FIRST, InitialProxy.BYPASS);
    tree.release();
    TreeDescription before = tree.describe();
    Usage usage = machine.machine().usage();

    assertThatExceptionOfType(IommuException.class).isThrownBy(() -> tree.add(MORE));

    assertThat(tree.describe()).isEqualTo(before);
    assertThat(machine.machine().usage()).isEqualTo(usage);
    tree.close();
    assertThat(machine.machine().usage()).isEqualTo(new Usage(1, 1, 0, 0));
  }
}
