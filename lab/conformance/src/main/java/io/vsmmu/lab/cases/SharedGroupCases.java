package io.vsmmu.lab.cases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vsmmu.iommufd.BoundDevice;
import io.vsmmu.iommufd.InitialProxy;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.IommuException;
import io.vsmmu.iommufd.ProxyHwpts;
import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.VmTree;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.simulated.SimulatedDevice;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import java.io.IOException;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two functions of one device, which share an iommu group. */
class SharedGroupCases {
  private final Place place = Place.of(nodeWithASharedGroup());
  private List<TreeDevice> two = List.of();

  @BeforeEach
  void twoOfOneGroup() throws IOException {
    two = place.functions().ofTheSharedGroup();
    assertThat(two).hasSize(2);
  }

  @Test
  void bothAreBoundInOneContextAndBehindOnePageTable() {
    try (IommuContext context = place.openContext()) {
      VmTree tree = VmTree.build(context, two, InitialProxy.BYPASS);

      tree.close();
      Emptiness.require(context);
    }
  }

  @Test
  void aSiblingOnItsHostDriverKeepsTheOtherFromBeingBound() throws IOException {
    place.functions().giveBack(two.get(1));
    try (IommuContext context = place.openContext();
        VfioDevice file = place.open(two.getFirst())) {
      assertFails(Errno.EPERM, () -> file.bind(context));
    }
  }

  @Test
  void aSiblingWithoutDriverDoesNot() throws IOException {
    place.functions().unbind(two.get(1));
    try (IommuContext context = place.openContext();
        VfioDevice file = place.open(two.getFirst())) {
      assertThat(file.bind(context).id()).isPositive();
    }
  }

  @Test
  void theGroupBelongsToTheContextThatHasOne() {
    try (IommuContext owner = place.openContext();
        IommuContext other = place.openContext();
        VfioDevice first = place.open(two.get(0));
        VfioDevice second = place.open(two.get(1))) {
      var _ = first.bind(owner);

      assertFails(Errno.EPERM, () -> second.bind(other));
      assertThat(second.bind(owner).id()).isPositive();
    }
  }

  @Test
  void oneCannotBeBehindAnotherPageTableThanTheOther() {
    try (IommuContext context = place.openContext();
        VfioDevice firstFile = place.open(two.get(0));
        VfioDevice secondFile = place.open(two.get(1))) {
      BoundDevice first = firstFile.bind(context);
      BoundDevice second = secondFile.bind(context);
      ProxyHwpts proxies =
          context
              .allocateIoas()
              .allocateNestingParent(first)
              .allocateViommu(first)
              .allocateProxies(first);
      first.attach(proxies.bypass());

      assertFails(Errno.EINVAL, () -> second.attach(proxies.abort()));
      second.attach(proxies.bypass());
    }
  }

  private static void assertFails(Errno errno, ThrowingCallable request) {
    assertThatExceptionOfType(IommuException.class)
        .isThrownBy(request)
        .satisfies(e -> assertThat(e.errno()).isEqualTo(errno));
  }

  /** The devices of the small node's first SMMU are one group. */
  private static SimulatedNode nodeWithASharedGroup() {
    SimulatedNode small = SimulatedNode.small();
    String smmu = small.smmus().getFirst().name();
    return small.withDevices(
        device -> device.smmu().equals(smmu) ? withGroup(device, 100) : device);
  }

  private static SimulatedDevice withGroup(SimulatedDevice device, int group) {
    return new SimulatedDevice(
        device.pciAddress(),
        device.smmu(),
        group,
        device.numaNode(),
        device.vendor(),
        device.device(),
        device.deviceClass(),
        device.cdev(),
        device.driver(),
        device.directReserved());
  }
}
