package io.vsmmu.bench.discovery;

import io.vsmmu.iommufd.simulated.SimulatedDevice;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.simulated.SimulatedSmmu;
import java.util.List;
import java.util.stream.IntStream;

/** A node with as many SMMUs as one is likely to get, and a function in each place behind each. */
final class LargeNode {
  static final int SMMUS = 64;
  static final int FUNCTIONS = 64;

  private LargeNode() {}

  static SimulatedNode make() {
    SimulatedSmmu like = SimulatedNode.small().smmus().getFirst();
    List<SimulatedSmmu> smmus =
        IntStream.range(0, SMMUS)
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
        IntStream.range(0, SMMUS * FUNCTIONS)
            .mapToObj(each -> device(each, smmus.get(each / FUNCTIONS)))
            .toList();
    return new SimulatedNode(smmus, devices, false, true);
  }

  private static SimulatedDevice device(int number, SimulatedSmmu smmu) {
    int place = number % FUNCTIONS;
    return new SimulatedDevice(
        "%04x:00:%02x.%x".formatted(number / FUNCTIONS, place / 8, place % 8),
        smmu.name(),
        number,
        number / FUNCTIONS % 2,
        "15b3",
        "101e",
        "0200",
        "vfio" + number,
        "mlx5_core",
        false);
  }
}
