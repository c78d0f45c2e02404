package io.vsmmu.iommufd.conformance;

import io.vsmmu.iommufd.simulated.SimulatedDevice;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.simulated.SimulatedSmmu;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** A kind of machine that some rows need. The simulator has all of them. */
enum Ground {
  /** Two SMMUs that nest, devices alone in their groups, and two functions in one group. */
  NESTING(Ground::nesting),

  /** A group of two functions, of which the second is on a host driver. */
  SIBLING_ON_HOST_DRIVER(() -> changed(Ground::siblingOnHostDriver)),

  /** A device that firmware keeps a direct (RMR) region for. */
  DIRECT_REGION(() -> changed(SimulatedDevice::withDirectRegion)),

  /** An SMMU whose table walks are not coherent (IDR0.COHACC). */
  NOT_COHERENT(() -> withSmmus(smmu -> smmu.without(0, 1 << 4))),

  /** An interrupt controller without isolation, such as GICv2. */
  NO_ISOLATED_MSI(() -> nesting().withoutIsolatedMsi()),

  /** SMMUs with neither S2FWB nor CANWBS. */
  NO_WRITE_BACK(() -> withSmmus(smmu -> smmu.without(3, 1 << 8))),

  /** As that, but the firmware promises CANWBS. */
  CANWBS(() -> withSmmus(smmu -> smmu.without(3, 1 << 8).withCanWbs())),

  /** SMMUs without stage 2. */
  ONE_STAGE(() -> withSmmus(smmu -> smmu.without(0, 1))),

  /** SMMUs with two VMIDs each. */
  TWO_VMIDS(() -> withSmmus(smmu -> smmu.withVmids(2))),

  /** A kernel that shares nesting parents between SMMUs. */
  SHARED_PARENTS(() -> nesting().sharing()),

  /** Devices that cannot be reset. */
  NO_RESET(() -> changed(SimulatedDevice::withoutReset));

  private static final int PAIR = 7;

  private final Supplier<SimulatedNode> node;

  Ground(Supplier<SimulatedNode> node) {
    this.node = node;
  }

  SimulatedNode simulated() {
    return node.get();
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static SimulatedNode nesting() {
    SimulatedNode small = SimulatedNode.small().onVfio();
    SimulatedSmmu first = small.smmus().getFirst();
    return small
        .withMore(function(first, "0000:0b:00.0", "vfio3"))
        .withMore(function(first, "0000:0b:00.1", "vfio4"));
  }

  private static SimulatedDevice function(SimulatedSmmu smmu, String address, String cdev) {
    return new SimulatedDevice(
        address, smmu.name(), PAIR, 0, "8086", "1521", "0200", cdev, SimulatedNode.VFIO_PCI, false);
  }

  private static SimulatedDevice siblingOnHostDriver(SimulatedDevice device) {
    return device.pciAddress().endsWith(".1") ? device.withDriver("igb") : device;
  }

  private static SimulatedNode changed(UnaryOperator<SimulatedDevice> change) {
    return nesting().withDevices(change);
  }

  private static SimulatedNode withSmmus(UnaryOperator<SimulatedSmmu> change) {
    return nesting().withSmmus(change);
  }
}
