package io.vsmmu.agent.allocation;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What a container gets with its devices.
 *
 * @param allocation id of the allocation, unique on this node for good
 * @param env environment variables
 * @param devices device nodes, all of which exist
 * @param mounts directories of the host
 */
public record AllocationAnswer(
    String allocation, Map<String, String> env, List<DeviceNode> devices, List<Mount> mounts) {

  public AllocationAnswer {
    env = Map.copyOf(env);
    devices = List.copyOf(devices);
    mounts = List.copyOf(mounts);
  }

  /**
   * A device node.
   *
   * @param host its path on the node
   * @param container its path in the container
   * @param permissions of the device cgroup: letters of {@code rwm}
   */
  public record DeviceNode(Path host, Path container, String permissions) {}

  /** A directory of the node, mounted into the container. */
  public record Mount(Path host, Path container, boolean readOnly) {}
}
