package io.vsmmu.iommufd.simulated;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The nodes that need no description. */
final class BuiltInNodes {

  /** S2P, S1P, TTF AArch64, COHACC, HTTU, ATS, ASID16, VMID16, CD2L; no stalls. */
  private static final int IDR0 =
      1 | 1 << 1 | 2 << 2 | 1 << 4 | 2 << 6 | 1 << 10 | 1 << 12 | 1 << 18 | 1 << 19 | 1 << 24;

  /** SIDSIZE 32, SSIDSIZE 20. */
  private static final int IDR1 = 20 << 6 | 32;

  private static final int IDR3_FWB = 1 << 8;

  /** FWB, RIL, BBML 2. */
  private static final int IDR3 = IDR3_FWB | 1 << 10 | 2 << 11;

  /** OAS 48 bits, granules 4K, 16K and 64K. */
  private static final int IDR5 = 5 | 1 << 4 | 1 << 5 | 1 << 6;

  /** Arm MMU-700. */
  private static final int IIDR = 0x4870_043b;

  /** SMMUv3.2. */
  private static final int AIDR = 2;

  private BuiltInNodes() {}

  static SimulatedNode graceLike() {
    List<SimulatedSmmu> smmus =
        List.of(smmu(0x1100_0000L), smmu(0x1200_0000L), smmu(0x1500_0000L), smmu(0x1600_0000L));
    SimulatedDevice first = nic("0000:03:00.0", smmus.get(0), 14, 0, "vfio4");
    SimulatedDevice second = nic("0010:03:00.0", smmus.get(2), 15, 1, "vfio5");
    return node(
        smmus,
        List.of(
            gpu("0008:06:00.0", smmus.get(0), 10, 0, "vfio0"),
            gpu("0009:06:00.0", smmus.get(1), 11, 0, "vfio1"),
            gpu("0018:06:00.0", smmus.get(2), 12, 1, "vfio2"),
            gpu("0019:06:00.0", smmus.get(3), 13, 1, "vfio3"),
            first,
            second,
            virtualFunction("0000:03:00.1", first, 16, "vfio6"),
            virtualFunction("0000:03:00.2", first, 17, "vfio7"),
            virtualFunction("0010:03:00.1", second, 18, "vfio8"),
            virtualFunction("0010:03:00.2", second, 19, "vfio9"),
            igb("0001:01:00.0", smmus.get(1), 20, "vfio10"),
            igb("0001:01:00.1", smmus.get(1), 20, "vfio11")));
  }

  static SimulatedNode withoutNesting() {
    return small().withSmmus(smmu -> smmu.without(3, IDR3_FWB));
  }

  static SimulatedNode small() {
    SimulatedSmmu first = smmu(0x0c00_0000L);
    SimulatedSmmu second = smmu(0x0d00_0000L);
    return node(
        List.of(first, second),
        List.of(
            e1000e("0000:09:00.0", first, 0, "vfio0"),
            e1000e("0000:0a:00.0", first, 1, "vfio1"),
            e1000e("0000:89:00.0", second, 2, "vfio2")));
  }

  static SimulatedNode eightNics() {
    List<SimulatedSmmu> smmus =
        List.of(smmu(0x0c00_0000L), smmu(0x0d00_0000L), smmu(0x0e00_0000L), smmu(0x0f00_0000L));
    return node(
        smmus,
        IntStream.range(0, 2 * smmus.size())
            .mapToObj(i -> nicOfPair(i, smmus.get(i / 2)).withDriver("e1000e"))
            .toList());
  }

  /** Each SMMU is the one of a PCI domain. */
  private static SimulatedDevice nicOfPair(int i, SimulatedSmmu smmu) {
    String address = String.format(Locale.ROOT, "%04x:%02x:00.0", i / 2, 1 + i % 2);
    return e1000e(address, smmu, i, "vfio" + i);
  }

  private static SimulatedNode node(List<SimulatedSmmu> smmus, List<SimulatedDevice> devices) {
    return new SimulatedNode(smmus, devices, false, true);
  }

  private static SimulatedSmmu smmu(long base) {
    return smmu(String.format(Locale.ROOT, "smmu3.0x%016x", base));
  }

  /** Can nest. */
  static SimulatedSmmu smmu(String name) {
    return new SimulatedSmmu(
        name, List.of(IDR0, IDR1, 0, IDR3, 0, IDR5), IIDR, AIDR, false, 1 << 16);
  }

  private static SimulatedDevice gpu(
      String address, SimulatedSmmu smmu, int group, int numaNode, String cdev) {
    return function(address, smmu, group, numaNode, "10de", "2941", "0302", cdev, "nvidia");
  }

  private static SimulatedDevice nic(
      String address, SimulatedSmmu smmu, int group, int numaNode, String cdev) {
    return function(address, smmu, group, numaNode, "15b3", "1021", "0200", cdev, "mlx5_core");
  }

  private static SimulatedDevice virtualFunction(
      String address, SimulatedDevice physical, int group, String cdev) {
    return new SimulatedDevice(
        address,
        physical.smmu(),
        group,
        physical.numaNode(),
        physical.vendor(),
        "101e",
        physical.deviceClass(),
        cdev,
        physical.driver(),
        false,
        true,
        physical.pciAddress());
  }

  private static SimulatedDevice igb(String address, SimulatedSmmu smmu, int group, String cdev) {
    return function(address, smmu, group, 0, "8086", "1521", "0200", cdev, "igb");
  }

  private static SimulatedDevice e1000e(
      String address, SimulatedSmmu smmu, int group, String cdev) {
    return function(address, smmu, group, 0, "8086", "10d3", "0200", cdev, null);
  }

  private static SimulatedDevice function(
      String address,
      SimulatedSmmu smmu,
      int group,
      int numaNode,
      String vendor,
      String device,
      String deviceClass,
      String cdev,
      @Nullable String driver) {
    return new SimulatedDevice(
        address, smmu.name(), group, numaNode, vendor, device, deviceClass, cdev, driver, false);
  }
}
