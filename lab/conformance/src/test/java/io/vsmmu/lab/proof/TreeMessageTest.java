package io.vsmmu.lab.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.vsmmu.iommufd.InitialProxy;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.VmTree;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import io.vsmmu.iommufd.simulated.SimulatedMachine;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A tree's description as text. */
class TreeMessageTest {

  @Test
  void isReadAsItWasWritten() {
    SimulatedNode node = SimulatedNode.small().onVfio();
    try (IommuContext context =
        IommuContext.open(new SimulatedKernel(node), SimulatedMachine.IOMMU)) {
      List<TreeDevice> devices =
          node.devices().stream()
              .map(device ->
                  new TreeDevice(
                      device.pciAddress(),
                      SimulatedMachine.VFIO_DEVICES.resolve(device.cdev()),
                      device.smmu()))
              .toList();
      VmTree tree = VmTree.build(context, devices, InitialProxy.BYPASS);
      Map<String, Registers> registers =
          devices.stream()
              .collect(
                  Collectors.toMap(
                      TreeDevice::smmu,
                      device -> Registers.of(context, tree.boundDevice(device.pciAddress())),
                      (first, second) -> first));

      String message = TreeMessage.write(tree.describe(), registers);

      assertThat(TreeMessage.read(message)).isEqualTo(tree.describe());
    }
  }

  @Test
  void anythingElseIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TreeMessage.read("ioas 1\ncontext 3"))
        .withMessageContaining("context 3");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TreeMessage.read("proxy ABORT"))
        .withMessageContaining("no address space");
  }
}
