package io.vsmmu.agent.cli;

import io.vsmmu.agent.NodeAgent;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.kernel.LinuxKernel;
import io.vsmmu.iommufd.simulated.node.NodeFolder;
import io.vsmmu.iommufd.simulated.node.RemoteKernel;
import io.vsmmu.iommufd.simulated.node.RemoteSysfs;
import io.vsmmu.iommufd.topology.Sysfs;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the node that a command looks at is. */
final class NodeOptions {

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
      description = "the host's /proc: what the host uses (default: ${DEFAULT-VALUE})")
  private Path procRoot = Path.of("/proc");

  @Option(
      names = "--state-dir",
      paramLabel = "DIR",
      defaultValue = "/var/lib/vsmmu",
      description = {
        "what the agent remembers; it is only read (but by probe --bind), and may be missing",
        "(default: ${DEFAULT-VALUE})"
      })
  private Path stateFolder = Path.of("/var/lib/vsmmu");

  @Option(
      names = "--simulated-node",
      paramLabel = "DIR",
      description = "the simulated node in DIR; instead of --sysfs-root and --dev-root")
  private @Nullable Path simulatedNode;

  Sysfs sysfs() {
    return simulatedNode == null
        ? Sysfs.at(sysfsRoot)
        : new RemoteSysfs(new NodeFolder(simulatedNode));
  }

  Kernel kernel() throws IOException {
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

  Path state() {
    return stateFolder;
  }

  Path state(String folder) {
    return stateFolder.resolve(folder);
  }
}
