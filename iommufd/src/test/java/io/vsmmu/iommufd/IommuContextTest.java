package io.vsmmu.iommufd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import io.vsmmu.iommufd.simulated.SimulatedMachine;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class IommuContextTest {

  @Test
  void aFreshContextCanChargeTheProcess() {
    IommuContext context = Nodes.context(new SimulatedKernel(SimulatedNode.small()));

    context.chargeProcess();

    assertThat(context.chargesProcess()).isTrue();
  }

  @Test
  void chargingTheProcessNeedsACapabilityAndAFreshContext() {
    SimulatedMachine machine = new SimulatedMachine(SimulatedNode.small());
    IommuContext unprivileged = Nodes.context(new SimulatedKernel(machine, false));
    IommuContext used = Nodes.context(new SimulatedKernel(machine, true));
    used.allocateIoas();

    assertThatExceptionOfType(IommuException.class)
        .isThrownBy(unprivileged::chargeProcess)
        .withMessageContaining("IOMMU_OPTION on RLIMIT_MODE")
        .withMessageContaining("EPERM")
        .withMessageContaining("CAP_SYS_RESOURCE");
    assertThatExceptionOfType(IommuException.class)
        .isThrownBy(used::chargeProcess)
        .withMessageContaining("EBUSY")
        .withMessageContaining("fresh context");
  }

  @Test
  void aNodeThatIsNotThere() {
    SimulatedKernel kernel = new SimulatedKernel(SimulatedNode.small());

    assertThatExceptionOfType(IommuException.class)
        .isThrownBy(() -> IommuContext.open(kernel, Path.of("/dev/nothing")))
        .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT))
        .withMessageContaining("iommufd module");
  }

  @Test
  void nothingWorksAfterClose() {
    IommuContext context = Nodes.context(new SimulatedKernel(SimulatedNode.small()));
    context.close();
    context.close();

    assertThatIllegalStateException().isThrownBy(context::allocateIoas);
    assertThatIllegalStateException().isThrownBy(context::fd);
  }
}
