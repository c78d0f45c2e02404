package io.vsmmu.bench.agent;

import io.vsmmu.agent.AgentSettings;
import io.vsmmu.agent.AgentSettings.Peers;
import io.vsmmu.bench.node.LargeNode;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.simulated.node.NodeFolder;
import io.vsmmu.iommufd.simulated.node.RemoteSysfs;
import io.vsmmu.iommufd.topology.Sysfs;
import io.vsmmu.iommufd.topology.TopologyChanges;
import io.vsmmu.standin.kubelet.KubeletGeneration;
import io.vsmmu.standin.kubelet.StandInKubelet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Where a plugin and its kubelet meet, and an agent keeps what it knows. New ones for every plugin
 * that is started.
 */
record AgentFolders(Path root) {

  /** All devices of a node, as one resource. */
  static final String RESOURCE = "vsmmu.io/nic";

  private static final Path PROC = Path.of("/proc");

  /**
   * Makes them.
   *
   * @param number says which of those in {@code scratch}; sockets have no room for longer names
   */
  static AgentFolders in(Path scratch, int number) throws IOException {
    return new AgentFolders(Files.createDirectory(scratch.resolve(Integer.toString(number))));
  }

  /**
   * Starts a kubelet.
   *
   * @param changed called when plugins said something
   */
  StandInKubelet kubelet(Runnable changed) throws IOException {
    return StandInKubelet.start(plugins(), podResources(), KubeletGeneration.BY_SOCKET, changed);
  }

  Path plugins() {
    return root.resolve("plugins");
  }

  Path allocations() {
    return state().resolve("allocations");
  }

  private Path podResources() {
    return root.resolve("pod-resources.sock");
  }

  private Path state() {
    return root.resolve("state");
  }

  private Path handoff() {
    return root.resolve("h");
  }

  /** Writes the VSmmu of a {@link LargeNode}. */
  Path config(String binding) throws IOException {
    return config("{vendor: \"%s\"}".formatted(LargeNode.VENDOR), binding);
  }

  /**
   * Writes the VSmmu.
   *
   * @param selector a selector of devices, as YAML in one line
   * @param binding {@code Managed} or {@code Unmanaged}
   */
  Path config(String selector, String binding) throws IOException {
    return Files.writeString(
        root.resolve("node.yaml"),
        """
        apiVersion: vsmmu.io/v1alpha1
        kind: VSmmu
        spec:
          nodeName: node-1
          resources:
          - name: %s
            selectors: [%s]
            binding: %s
        """
            .formatted(RESOURCE, selector, binding));
  }

  /** Arguments of {@code vsmmu} for an agent of its own process. */
  List<String> arguments(NodeFolder node) throws IOException {
    return List.of(
        "run",
        "--config=" + config("Managed"),
        "--simulated-node=" + node.root(),
        "--kubelet-dir=" + plugins(),
        "--pod-resources=" + podResources(),
        "--state-dir=" + state(),
        "--handoff-dir=" + handoff(),
        "--http-address=127.0.0.1",
        "--http-port=0");
  }

  /** For an agent in this process, on a simulated node. */
  AgentSettings settings(NodeFolder node, Kernel kernel, TopologyChanges changes)
      throws IOException {
    return settings(kernel, new RemoteSysfs(node), changes, node.dev());
  }

  /** For an agent in this process. */
  AgentSettings settings(Kernel kernel, Sysfs sysfs, TopologyChanges changes, Path dev)
      throws IOException {
    return new AgentSettings(
        "node-1",
        kernel,
        sysfs,
        changes,
        dev,
        PROC,
        plugins(),
        podResources(),
        Files.createDirectories(state()),
        handoff(),
        Optional.empty(),
        (Integer) Files.getAttribute(root, "unix:uid"),
        Peers.PATH,
        Optional.empty());
  }
}
