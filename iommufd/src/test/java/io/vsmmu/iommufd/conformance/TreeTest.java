package io.vsmmu.iommufd.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vsmmu.iommufd.InitialProxy;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.IommuException;
import io.vsmmu.iommufd.TreeDescription;
import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.VmTree;
import io.vsmmu.iommufd.kernel.Errno;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whole trees on the kernel under test. */
@Conformance
class TreeTest {

  @ParameterizedTest
  @EnumSource
  void aTreeOfAllDevicesComesAndGoes(InitialProxy proxy, KernelUnderTest target) {
    try (IommuContext context = open(target)) {
      VmTree tree = VmTree.build(context, target.devices(), proxy);

      TreeDescription description = tree.describe();
      List<String> smmus = target.devices().stream().map(TreeDevice::smmu).distinct().toList();
      assertThat(description.viommus())
          .extracting(TreeDescription.Viommu::smmu)
          .containsExactlyElementsOf(smmus);
      assertThat(description.viommus())
          .allSatisfy(viommu -> assertThat(viommu.capabilities().bothStages()).isTrue());

      tree.close();
      requireEmpty(context);
    }
  }

  @Test
  void aReleasedTreeIsAdopted(KernelUnderTest target) {
    try (IommuContext context = open(target)) {
      VmTree prepared = VmTree.build(context, target.devices(), InitialProxy.BYPASS);
      prepared.release();

      VmTree tree = VmTree.adopt(context, prepared.describe());
      long streamId = 0;
      for (TreeDevice device : target.devices()) {
        VfioDevice file = VfioDevice.open(target.kernel(), device.cdev(), device.pciAddress());
        tree.join(device.pciAddress(), file, streamId);
        streamId += 8;
      }

      assertThat(tree.describe().viommus()).isEqualTo(prepared.describe().viommus());
      tree.close();
      assertThatExceptionOfType(IommuException.class)
          .isThrownBy(() -> prepared.ioas().close())
          .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
    }
  }

  /** Its devices share a page table: what one is attached to, the other has to be. */
  @Test
  void aGroupOfTwoIsInATreeAsAWhole(KernelUnderTest target) {
    List<TreeDevice> pair = target.twoOfOneGroup();
    try (IommuContext context = open(target)) {
      VmTree tree = VmTree.build(context, pair, InitialProxy.ABORT);
      assertThat(tree.describe().viommus()).hasSize(1);
      tree.release();

      long streamId = 0;
      for (TreeDevice device : pair) {
        VfioDevice file = VfioDevice.open(target.kernel(), device.cdev(), device.pciAddress());
        tree.join(device.pciAddress(), file, streamId);
        streamId += 8;
      }

      assertThat(tree.describe().devices())
          .extracting(device -> device.virtualStreamId().orElseThrow())
          .containsExactly(0L, 8L);
      tree.close();
      requireEmpty(context);
    }
  }

  @Test
  void aFailedTreeLeavesNothing(KernelUnderTest target) {
    List<TreeDevice> two = target.twoOfTwoSmmus();
    TreeDevice misplaced =
        new TreeDevice(two.get(1).pciAddress(), two.get(1).cdev(), two.get(0).smmu());
    try (IommuContext context = open(target)) {
      assertThatExceptionOfType(IommuException.class)
          .isThrownBy(
              () -> VmTree.build(context, List.of(two.get(0), misplaced), InitialProxy.BYPASS))
          .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL))
          .withMessageContaining(misplaced.pciAddress());

      requireEmpty(context);
    }
  }

  private static IommuContext open(KernelUnderTest target) {
    return IommuContext.open(target.kernel(), target.iommu());
  }

  /** The kernel changes the mode of a context without objects only. */
  private static void requireEmpty(IommuContext context) {
    context.chargeProcess();
    assertThat(context.chargesProcess()).isTrue();
  }
}
