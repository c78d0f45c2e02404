package io.vsmmu.bench.node;

import io.vsmmu.iommufd.simulated.SimulatedDevice;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.simulated.SimulatedSmmu;
import java.util.List;
import java.util.stream.IntStream;

/** Nodes with many devices, each in a group of its own. */
public final class LargeNode {
  /** PCI vendor of all devices. */
  public static final String VENDOR = "15b3";

  /** As many SMMUs as a node is likely to get. */
  public static final int SMMUS = 64;

  /** A function in each place of a bus. */
  public static final int FUNCTIONS = 64;

  private LargeNode() {}

  /** As large as a node gets. */
  public static SimulatedNode largest() {
    return of(SMMUS, FUNCTIONS);
  }

  /**
   * A node of any size, its devices on a host driver.
   *
   * @param functions behind each SMMU, up to {@link #FUNCTIONS}
   */
  public static SimulatedNode of(int smmus, int functions) {
    SimulatedSmmu like = SimulatedNode.small().smmus().getFirst();
    List<SimulatedSmmu> all =
        IntStream.range(0, smmus)
            .mapToObj(each ->
                new SimulatedSmmu(
                    "smmu3.0x%016x".formatted(0x1000_0000L + 0x100_0000L * each),
                    like.idr(),
                    like.iidr(),
                    like.aidr(),
                    like.canWbs(),
                    like.vmids()))
            .toList();
    List<SimulatedDevice> devices =
        IntStream.range(0, smmus * functions)
            .mapToObj(each -> device(each, each / functions, each % functions, all))
            .toList();
    return new SimulatedNode(all, devices, false, true);
  }

  private static SimulatedDevice device(
      int number, int smmu, int place, List<SimulatedSmmu> smmus) {
    return new SimulatedDevice(
        "%04x:00:%02x.%x".formatted(smmu, place / 8, place % 8),
        smmus.get(smmu).name(),
        number,
        smmu % 2,
        VENDOR,
        "101e",
        "0200",
        "vfio" + number,
        "mlx5_core",
        false);
  }
}
