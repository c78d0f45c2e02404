package io.vsmmu.agent.receive;

import io.vsmmu.agent.allocation.HandoffManifest;
import io.vsmmu.agent.allocation.HandoffManifest.Capabilities;
import io.vsmmu.agent.allocation.HandoffManifest.HandedDevice;
import io.vsmmu.agent.allocation.HandoffManifest.Viommu;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What QEMU (11, machine {@code virt}) is to be told of a received context: the context itself, per
 * virtual SMMU a host bridge of its own with the accelerated SMMU on it, and per device a root port
 * on the bridge of its SMMU. The guest then sees the devices behind as many SMMUs as the node has
 * them. Devices without a virtual SMMU are on the main bridge.
 */
public final class QemuArguments {

  private static final int BUSES = 256;
  private static final int SMALL_ADDRESSES = 44;
  private static final int LARGE_ADDRESSES = 48;

  private final Function<String, Integer> fds;
  private final List<String> arguments = new ArrayList<>();
  private int ports;

  private QemuArguments(Function<String, Integer> fds) {
    this.fds = fds;
  }

  /**
   * The arguments for a process that has the descriptors by the numbers that they have here.
   *
   * @return empty when devices were handed over bound, for QEMU binds them itself
   */
  public static Optional<List<String>> of(ReceivedContext received) {
    return of(received.manifest(), name -> received.named(name).fd());
  }

  static Optional<List<String>> of(HandoffManifest manifest, Function<String, Integer> fds) {
    if (manifest.devices().stream().anyMatch(HandedDevice::bound)) {
      return Optional.empty();
    }
    return Optional.of(new QemuArguments(fds).all(manifest));
  }

  private List<String> all(HandoffManifest manifest) {
    add("-object", "iommufd,id=iommufd0,fd=" + fds.apply("iommufd"));
    Map<Integer, List<HandedDevice>> behind =
        manifest.devices().stream()
            .filter(device -> device.viommu() != null)
            .collect(Collectors.groupingBy(HandedDevice::viommu));
    // From the top, so that the main bridge has the numbers below for its own ports.
    int bus =
        BUSES - manifest.viommus().size() - behind.values().stream().mapToInt(List::size).sum();
    int position = 1;
    for (Viommu viommu : manifest.viommus()) {
      var devices = behind.getOrDefault(viommu.id(), List.of());
      bridge("pcie." + position, bus, viommu.capabilities(), "smmuv3." + position);
      for (var device : devices) {
        device("pcie." + position, device);
      }
      bus += 1 + devices.size();
      position++;
    }
    manifest.devices().stream()
        .filter(device -> device.viommu() == null)
        .forEach(device -> device("pcie.0", device));
    return List.copyOf(arguments);
  }

  private void bridge(String id, int bus, Capabilities smmu, String smmuId) {
    add("-device", "pxb-pcie,id=%s,bus=pcie.0,bus_nr=%d".formatted(id, bus));
    add(
        "-device",
        "arm-smmuv3,id=%s,primary-bus=%s,accel=on,oas=%d,ssidsize=%d,ril=%s,ats=%s"
            .formatted(
                smmuId,
                id,
                smmu.oas() >= LARGE_ADDRESSES ? LARGE_ADDRESSES : SMALL_ADDRESSES,
                smmu.ssidsize(),
                onOff(smmu.ril()),
                onOff(smmu.ats())));
  }

  private void device(String bridge, HandedDevice device) {
    var port = "port" + ports;
    add("-device", "pcie-root-port,id=%s,bus=%s,chassis=%d".formatted(port, bridge, ports + 1));
    add(
        "-device",
        "vfio-pci,id=vfio%d,bus=%s,iommufd=iommufd0,fd=%d"
            .formatted(ports, port, fds.apply("vfio:" + device.pciAddress())));
    ports++;
  }

  private void add(String option, String value) {
    arguments.add(option);
    arguments.add(value);
  }

  private static String onOff(boolean value) {
    return value ? "on" : "off";
  }
}
