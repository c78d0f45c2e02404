package io.vsmmu.lab.cases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vsmmu.iommufd.InitialProxy;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.IommuException;
import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.VmTree;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.simulated.FaultyKernel;
import io.vsmmu.iommufd.simulated.FaultyKernel.Call;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every call that building a tree over two SMMUs makes fails once, before it reaches the kernel:
 * the kernel has to be left without a trace of the tree.
 */
class FaultSweepCases {
  private final Place place = Place.of(SimulatedNode.small());

  static Stream<Named<Call>> steps() throws IOException {
    Place place = Place.of(SimulatedNode.small());
    List<TreeDevice> devices = place.functions().onVfio();
    FaultyKernel kernel = new FaultyKernel(place.kernel());
    try (IommuContext context = IommuContext.open(kernel, place.iommu())) {
      VmTree tree = VmTree.build(context, devices, InitialProxy.BYPASS);
      List<Call> calls = kernel.calls();
      tree.close();
      // The first is the context's own. Binds are made at the same time, in any order.
      return calls.stream()
          .skip(1)
          .sorted(Comparator.comparing(Call::name).thenComparing(Call::occurrence))
          .map(call -> Named.of(call.name() + " " + call.occurrence(), call));
    }
  }

  @ParameterizedTest
  @MethodSource("steps")
  void aFailedStepLeavesNothing(Call step) throws IOException {
    List<TreeDevice> devices = place.functions().onVfio();
    FaultyKernel kernel = new FaultyKernel(place.kernel()).fail(step, Errno.EIO);
    try (IommuContext context = IommuContext.open(kernel, place.iommu())) {
      assertThatExceptionOfType(IommuException.class)
          .isThrownBy(() -> VmTree.build(context, devices, InitialProxy.BYPASS))
          .satisfies(e -> assertThat(e.request()).isEqualTo(step.name()))
          .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.EIO))
          .satisfies(e -> assertThat(e.object()).isNotBlank())
          .satisfies(e -> assertThat(e.getSuppressed()).isEmpty());

      Emptiness.require(context);
      // A device that somebody still has open could not be bound again.
      VmTree.build(context, devices, InitialProxy.BYPASS).close();
    }
  }
}
