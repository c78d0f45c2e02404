package io.vsmmu.bench.agent;

import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.kernel.LinuxKernel;
import io.vsmmu.iommufd.topology.PciFunction;
import io.vsmmu.iommufd.topology.Sysfs;
import io.vsmmu.iommufd.topology.SysfsTopology;
import io.vsmmu.iommufd.uevent.KernelUevents;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** What {@link LabAllocateMeasurement} runs in the lab's node, as root and without a kubelet. */
public final class NodeAllocate {
  private static final Path SYSFS = Path.of("/sys");
  private static final Path DEV = Path.of("/dev");
  private static final int VENDOR = 0x8086;
  private static final int DEVICE = 0x10d3;

  /** The topology two-smmus has two NICs behind one SMMU, and one behind the other. */
  static final int DEVICES = 3;

  static final String OURS = "ours ";
  static final String BARE = "bare ";

  private static final int WARM_UP = 3;
  private static final int BATCHES = 30;

  private NodeAllocate() {}

  /**
   * Prints a line per admission, "ours SECONDS", and one per context that was prepared bare, "bare
   * SECONDS".
   *
   * @param arguments an empty folder
   */
  public static void main(String[] arguments) throws Exception {
    AgentFolders agent = AgentFolders.in(Files.createDirectories(Path.of(arguments[0])), 0);
    var sides =
        new Allocations(
                agent,
                agent.settings(new LinuxKernel(), Sysfs.at(SYSFS), new KernelUevents(), DEV),
                agent.config(
                    "{vendor: \"%04x\", device: \"%04x\"}".formatted(VENDOR, DEVICE), "Managed"),
                DEVICES,
                DEVICES)
            .measure(NodeAllocate::devices, WARM_UP, BATCHES);
    sides.ours().forEach(seconds -> System.out.println(OURS + seconds));
    sides.bare().forEach(seconds -> System.out.println(BARE + seconds));
  }

  private static List<TreeDevice> devices() throws IOException {
    return SysfsTopology.read(SYSFS).functions().stream()
        .filter(function -> function.vendor() == VENDOR && function.device() == DEVICE)
        .map(NodeAllocate::device)
        .toList();
  }

  private static TreeDevice device(PciFunction function) {
    return new TreeDevice(
        function.address().toString(),
        DEV.resolve("vfio/devices").resolve(Objects.requireNonNull(function.vfioDevice())),
        Objects.requireNonNull(function.smmu()));
  }
}
