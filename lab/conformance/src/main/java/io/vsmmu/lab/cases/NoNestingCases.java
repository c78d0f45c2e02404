package io.vsmmu.lab.cases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vsmmu.iommufd.BoundDevice;
import io.vsmmu.iommufd.InitialProxy;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.IommuException;
import io.vsmmu.iommufd.NestingParent;
import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.VmTree;
import io.vsmmu.iommufd.kernel.Descriptor;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.uapi.VfioDeviceAttachIommufdPt;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An SMMU that has both stages, and neither S2FWB nor firmware that promises coherence. */
class NoNestingCases {
  private final Place place = Place.of(SimulatedNode.withoutNesting());
  private List<TreeDevice> devices = List.of();

  @BeforeEach
  void devices() throws IOException {
    devices = place.functions().onVfio();
  }

  @Test
  void itsRegistersDoNotTell() {
    try (IommuContext context = place.openContext();
        VfioDevice file = place.open(devices.getFirst())) {
      BoundDevice device = file.bind(context);

      assertThat(device.smmu().bothStages()).isTrue();
      assertThat(device.smmu().s2fwb()).isFalse();
    }
  }

  @Test
  void aNestingParentIsMadeAndADeviceCanBeBehindIt() {
    try (IommuContext context = place.openContext();
        VfioDevice file = place.open(devices.getFirst())) {
      BoundDevice device = file.bind(context);
      NestingParent parent = context.allocateIoas().allocateNestingParent(device);
      VfioDeviceAttachIommufdPt attach = new VfioDeviceAttachIommufdPt();
      attach.pt_id = parent.id();

      // The library offers no way to do this. Not closed here: the file stays the device's.
      attach.call(new Descriptor(place.kernel(), file.fd(), file.name()));
    }
  }

  @Test
  void aViommuIsRefused() {
    try (IommuContext context = place.openContext();
        VfioDevice file = place.open(devices.getFirst())) {
      BoundDevice device = file.bind(context);
      NestingParent parent = context.allocateIoas().allocateNestingParent(device);

      assertThatExceptionOfType(IommuException.class)
          .isThrownBy(() -> parent.allocateViommu(device))
          .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.EOPNOTSUPP));
    }
  }

  @Test
  void aTreeIsRefusedWithTheCauseAndLeavesNothing() {
    try (IommuContext context = place.openContext()) {
      assertThatExceptionOfType(IommuException.class)
          .isThrownBy(() -> VmTree.build(context, devices, InitialProxy.BYPASS))
          .satisfies(e -> assertThat(e.request()).isEqualTo("IOMMU_VIOMMU_ALLOC"))
          .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.EOPNOTSUPP))
          .withMessageContaining("S2FWB")
          .withMessageContaining("CANWBS");

      Emptiness.require(context);
    }
  }
}
