package io.vsmmu.lab.cases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vsmmu.iommufd.BoundDevice;
import io.vsmmu.iommufd.InitialProxy;
import io.vsmmu.iommufd.Ioas;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.IommuException;
import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.VmTree;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.simulated.SimulatedDevice;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.simulated.SimulatedSmmu;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Machines that QEMU cannot be, and kernels that are not out yet. Read in the kernel's source. */
class RareMachineCases {
  private static final int IDR0_COHACC = 1 << 4;

  @Test
  void aDeviceWithADirectReservedRegionIsNotBound() throws IOException {
    assertBindFails(
        Place.onlySimulated(
            SimulatedNode.small().withDevices(RareMachineCases::withDirectRegion),
            "QEMU's firmware describes no reserved memory (RMR) for devices"));
  }

  @Test
  void aDeviceBehindAnSmmuWithoutCoherentWalksIsNotBound() throws IOException {
    assertBindFails(
        Place.onlySimulated(
            SimulatedNode.small().withSmmus(smmu -> smmu.without(0, IDR0_COHACC)),
            "the walks of QEMU's SMMU are always coherent"));
  }

  @Test
  void aKernelThatSharesNestingParentsNeedsOneForTwoSmmus() throws IOException {
    Place place =
        Place.onlySimulated(
            SimulatedNode.small().sharing(), "no released kernel shares nesting parents");
    try (IommuContext context = place.openContext()) {
      VmTree tree = VmTree.build(context, place.functions().onVfio(), InitialProxy.BYPASS);

      assertThat(tree.describe().nestingParents()).hasSize(1);
      assertThat(tree.describe().viommus()).hasSize(2);
      tree.close();
    }
  }

  @Test
  void aNestingParentTakesAVmid() throws IOException {
    Place place =
        Place.onlySimulated(
            SimulatedNode.small().withSmmus(RareMachineCases::withOneVmid),
            "QEMU's SMMU has 16-bit VMIDs, more than nesting parents fit into the node");
    TreeDevice any = place.functions().onVfio().getFirst();
    try (IommuContext context = place.openContext();
        VfioDevice file = place.open(any)) {
      BoundDevice device = file.bind(context);
      Ioas ioas = context.allocateIoas();
      ioas.allocateNestingParent(device);

      assertThatExceptionOfType(IommuException.class)
          .isThrownBy(() -> ioas.allocateNestingParent(device))
          .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.ENOSPC));
    }
  }

  @Test
  void anSmmuWithS2fwbNestsWhateverTheFirmwareSays() throws IOException {
    Place place = Place.onlySimulated(SimulatedNode.small(), "QEMU's SMMU has no S2FWB");
    TreeDevice any = place.functions().onVfio().getFirst();
    try (IommuContext context = place.openContext();
        VfioDevice file = place.open(any)) {
      BoundDevice device = file.bind(context);

      assertThat(device.smmu().s2fwb()).isTrue();
      assertThat(context.allocateIoas().allocateNestingParent(device).allocateViommu(device).id())
          .isPositive();
    }
  }

  private static void assertBindFails(Place place) throws IOException {
    TreeDevice any = place.functions().onVfio().getFirst();
    try (IommuContext context = place.openContext();
        VfioDevice file = place.open(any)) {
      assertThatExceptionOfType(IommuException.class)
          .isThrownBy(() -> file.bind(context))
          .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
    }
  }

  private static SimulatedDevice withDirectRegion(SimulatedDevice device) {
    return new SimulatedDevice(
        device.pciAddress(),
        device.smmu(),
        device.group(),
        device.numaNode(),
        device.vendor(),
        device.device(),
        device.deviceClass(),
        device.cdev(),
        device.driver(),
        true);
  }

  private static SimulatedSmmu withOneVmid(SimulatedSmmu smmu) {
    return new SimulatedSmmu(smmu.name(), smmu.idr(), smmu.iidr(), smmu.aidr(), smmu.canWbs(), 1);
  }
}
