package io.vsmmu.iommufd;

import io.vsmmu.iommufd.topology.NodeTopology;
import java.io.IOException;

/**
 * Where an error can look up what it does not know itself, e.g. {@code () ->
 * SysfsTopology.read(Path.of("/sys"))}. Asked only when a request was refused.
 */
@FunctionalInterface
public interface TopologySource {

  /** Reads the node's topology anew. */
  NodeTopology read() throws IOException;
}
