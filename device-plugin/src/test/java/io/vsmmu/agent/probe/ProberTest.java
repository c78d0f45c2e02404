package io.vsmmu.agent.probe;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.agent.TestNode;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.simulated.FaultyKernel;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import io.vsmmu.iommufd.simulated.SimulatedMachine;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.uapi.IommuHwInfo;
import io.vsmmu.iommufd.uapi.VfioDeviceBindIommufd;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProberTest {

  private static final String NIC = "0000:09:00.0";

  @TempDir Path folder;

  @Test
  void anSmmuWithForcedWriteBackNests() {
    var node = new TestNode(folder, SimulatedNode.small().onVfio());

    var report = smmu(node);

    assertThat(report.nesting()).isTrue();
    assertThat(report.smmu()).isEqualTo("smmu3.0x000000000c000000");
    assertThat(requireNonNull(report.capabilities()).granules())
        .containsExactly("4K", "16K", "64K");
  }

  @Test
  void withoutForcedWriteBackTheReasonIsSaid() {
    var report = smmu(new TestNode(folder, SimulatedNode.withoutNesting().onVfio()));

    var obstacle = requireNonNull(report.obstacle());
    assertThat(obstacle.reason()).isEqualTo("NoForcedWriteBack");
    assertThat(obstacle.message()).contains("IOMMU_VIOMMU_ALLOC", "EOPNOTSUPP", "CANWBS");
    assertThat(report.capabilities()).isNotNull();
  }

  @Test
  void anSmmuThatCouldNotBeReadForNowIsToBeAskedAgain() {
    var node = new TestNode(folder, SimulatedNode.small().onVfio());
    var kernel =
        new FaultyKernel(node.kernel())
            .fail(new FaultyKernel.Call(IommuHwInfo.REQUEST.name(), 1), Errno.ENOMEM);
    var prober = new Prober(kernel, node.dev(), node.sys());

    var report = requireNonNull(prober.probe(node.function(NIC), true).smmu());

    assertThat(report.nesting()).isFalse();
    assertThat(report.passing()).isTrue();
  }

  @Test
  void aProbeLeavesNothingBehind() {
    var node = new TestNode(folder, SimulatedNode.small().onVfio());

    for (int i = 0; i < 3; i++) {
      assertThat(node.prober().probe(node.function(NIC), true).obstacle()).isNull();
    }
    assertThat(node.machine().usage()).isEqualTo(new SimulatedMachine.Usage(0, 0, 0, 0));
  }

  @Test
  void aDeviceThatAProcessHasOpenIsBusy() {
    var node = new TestNode(folder, SimulatedNode.small().onVfio());
    var process = new SimulatedKernel(node.machine(), true);
    var kernel = node.kernelFor(process);
    var _ =
        VfioDevice.open(kernel, node.dev().resolve("vfio/devices/vfio0"), NIC)
            .bind(IommuContext.open(kernel, node.dev().resolve("iommu")));

    assertThat(node.prober().busy(node.function(NIC)))
        .hasValueSatisfying(obstacle -> assertThat(obstacle.message()).contains(NIC, "EINVAL"));

    process.exit();
    assertThat(node.prober().busy(node.function(NIC))).isEmpty();
  }

  @Test
  void aDeviceThatFailsToBeOpenedIsNobodys() {
    var node = new TestNode(folder, SimulatedNode.small().onVfio());
    var kernel =
        new FaultyKernel(node.kernel())
            .fail(new FaultyKernel.Call(VfioDeviceBindIommufd.REQUEST.name(), 1), Errno.EIO)
            .fail(new FaultyKernel.Call(VfioDeviceBindIommufd.REQUEST.name(), 2), Errno.EIO);
    var prober = new Prober(kernel, node.dev(), node.sys());

    var broken = new AtomicInteger();
    assertThat(prober.busy(node.function(NIC), broken::incrementAndGet)).isEmpty();
    assertThat(broken).hasValue(1);
    assertThat(requireNonNull(prober.probe(node.function(NIC), false).obstacle()).message())
        .contains(NIC, "EIO");
  }

  @Test
  void theSiblingThatIsInTheWayIsNamed() {
    var oneGroup =
        SimulatedNode.small()
            .withDevices(device ->
                device
                    .withGroup(1)
                    .withDriver(
                        device.pciAddress().equals(NIC) ? SimulatedNode.VFIO_PCI : "e1000e"));
    var node = new TestNode(folder, oneGroup);

    var obstacle = requireNonNull(node.prober().probe(node.function(NIC), false).obstacle());

    assertThat(obstacle.reason()).isEqualTo("GroupNotViable");
    assertThat(obstacle.message()).contains("EPERM", "0000:0a:00.0 is on e1000e");
  }

  @Test
  void aDeviceOnItsHostDriverIsNotBusy() {
    var node = new TestNode(folder, SimulatedNode.graceLike());

    assertThat(node.prober().busy(node.function("0008:06:00.0"))).isEmpty();
  }

  @Test
  void aDeviceThatJustLeftItsDriverIsNotBusy() throws IOException {
    var node = new TestNode(folder, SimulatedNode.small().onVfio());
    var before = node.function(NIC);
    node.sysfs().write("bus/pci/devices/" + NIC + "/driver/unbind", NIC);

    assertThat(node.prober().busy(before)).isEmpty();
    assertThat(requireNonNull(node.prober().probe(before, false).obstacle()).reason())
        .isEqualTo("DeviceNodeMissing");
  }

  private static SmmuReport smmu(TestNode node) {
    return requireNonNull(node.prober().probe(node.function(NIC), true).smmu());
  }
}
