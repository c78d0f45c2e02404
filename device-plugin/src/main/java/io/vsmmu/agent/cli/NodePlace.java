package io.vsmmu.agent.cli;

import io.vsmmu.agent.NodeAgent;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.kernel.LinuxKernel;
import io.vsmmu.iommufd.simulated.node.NodeFolder;
import io.vsmmu.iommufd.simulated.node.RemoteKernel;
import io.vsmmu.iommufd.simulated.node.RemoteSysfs;
import io.vsmmu.iommufd.topology.Sysfs;
import io.vsmmu.iommufd.topology.TopologyChanges;
import io.vsmmu.iommufd.uevent.KernelUevents;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the node is that a command works on, or looks at. */
class NodePlace {

  @Option(
      names = "--sysfs-root",
      paramLabel = "DIR",
      defaultValue = "/sys",
      description = "the node's /sys (default: ${DEFAULT-VALUE})")
  private Path sysfsRoot = Path.of("/sys");

  @Option(
      names = "--dev-root",
      paramLabel = "DIR",
      defaultValue = "/dev",
      description = "the node's /dev (default: ${DEFAULT-VALUE})")
  private Path devRoot = Path.of("/dev");

  @Option(
      names = "--proc-root",
      paramLabel = "DIR",
      defaultValue = "/proc",
      description = {
        "the host's /proc: what the host uses, and who connects (default: ${DEFAULT-VALUE})"
      })
  private Path procRoot = Path.of("/proc");

  @Option(
      names = "--simulated-node",
      paramLabel = "DIR",
      description = "the simulated node in DIR; instead of --sysfs-root and --dev-root")
  private @Nullable Path simulatedNode;

  boolean isSimulated() {
    return simulatedNode != null;
  }

  Sysfs sysfs() {
    return simulatedNode == null
        ? Sysfs.at(sysfsRoot)
        : new RemoteSysfs(new NodeFolder(simulatedNode));
  }

  TopologyChanges changes() {
    return simulatedNode == null
        ? new KernelUevents()
        : TopologyChanges.ofTree(new NodeFolder(simulatedNode).sysfs());
  }

  Kernel kernel() {
    return simulatedNode == null
        ? new LinuxKernel()
        : new RemoteKernel(new NodeFolder(simulatedNode));
  }

  Path dev() {
    return simulatedNode == null ? devRoot : new NodeFolder(simulatedNode).dev();
  }

  Path proc() {
    return procRoot;
  }

  String bootId() throws IOException {
    return NodeAgent.bootId(procRoot);
  }
}
