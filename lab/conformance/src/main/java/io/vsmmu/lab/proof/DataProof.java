package io.vsmmu.lab.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.iommufd.InitialProxy;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.VmTree;
import io.vsmmu.iommufd.fdpass.PeerProcess;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** DMA goes where the tree says, for whoever holds the tree. */
@Proof
class DataProof {

  @ParameterizedTest
  @EnumSource
  void inTheProcessThatBuiltTheTree(Scenario scenario, Ground ground) {
    ground.withVm(scenario::play);
  }

  @ParameterizedTest
  @EnumSource
  void inAProcessWithoutRightsThatAdoptedIt(Scenario scenario, Ground ground)
      throws IOException, InterruptedException {
    try (SecondProcess second = SecondProcess.start(scenario)) {
      try (PeerProcess peer = second.peer()) {
        assertThat(peer.pid()).isEqualTo(Math.toIntExact(second.pid()));
        assertThat(peer.uid()).isEqualTo(Unprivileged.QEMU);
      }
      assertThat(Unprivileged.rightsOf(second.pid(), Unprivileged.QEMU)).isEmpty();

      handReleasedTree(ground, second);

      assertThat(second.verdict()).isEqualTo(AdoptingProcess.played(scenario));
      assertThat(second.exitStatus()).isZero();
    }
  }

  /** Leaves nothing of the tree open here. */
  private static void handReleasedTree(Ground ground, SecondProcess second) {
    List<TreeDevice> devices = ground.devices().both();
    try (IommuContext context = ground.openContext()) {
      VmTree tree = VmTree.build(context, devices, InitialProxy.BYPASS);
      Map<String, Registers> registers = new HashMap<>();
      devices.forEach(device ->
          registers.put(
              device.smmu(), Registers.of(context, tree.boundDevice(device.pciAddress()))));
      tree.release();
      try (VfioDevice first = ground.open(devices.get(0));
          VfioDevice other = ground.open(devices.get(1))) {
        second.hand(
            TreeMessage.write(tree.describe(), registers),
            List.of(context.fd(), first.fd(), other.fd()));
      }
    }
  }
}
