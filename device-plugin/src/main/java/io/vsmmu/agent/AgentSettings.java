package io.vsmmu.agent;

import io.vsmmu.agent.kubelet.PodResourcesHolders.OwnPod;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.topology.Sysfs;
import io.vsmmu.iommufd.topology.TopologyChanges;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where an agent works.
 *
 * @param nodeName name of the Node, and so of its VSmmu
 * @param kernel for the device nodes below {@code dev}
 * @param changes tells when to look at {@code sysfs} again
 * @param dev {@code /dev}
 * @param proc {@code /proc} of the host
 * @param kubeletFolder kubelet's {@code device-plugins} folder
 * @param podResources kubelet's PodResources socket
 * @param stateFolder what must outlive the agent
 * @param handoffFolder what is mounted into containers
 * @param ownPod the pod that the agent runs in; empty outside of one
 * @param vfioUser numeric user that VMMs run as
 * @param peers who may collect an allocation
 * @param http where health and metrics are served; empty for nowhere
 */
public record AgentSettings(
    String nodeName,
    Kernel kernel,
    Sysfs sysfs,
    TopologyChanges changes,
    Path dev,
    Path proc,
    Path kubeletFolder,
    Path podResources,
    Path stateFolder,
    Path handoffFolder,
    Optional<OwnPod> ownPod,
    int vfioUser,
    Peers peers,
    Optional<InetSocketAddress> http) {

  /** By what a container is known. */
  public enum Peers {
    /** By its pod: the cgroup of the process that connects. Needs the host's processes. */
    POD,
    /** By the path that it reached, for a node without containers. */
    PATH
  }
}
