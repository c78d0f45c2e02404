package io.vsmmu.iommufd.simulated.node;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The folder of a simulated node.
 *
 * @param root absolute
 */
public record NodeFolder(Path root) {

  public NodeFolder {
    root = root.toAbsolutePath().normalize();
  }

  /** What {@code /sys} is on a real node. Reads work as there; writes go through the node. */
  public Path sysfs() {
    return root.resolve("sys");
  }

  /** What {@code /dev} is on a real node; {@link RemoteKernel} opens what is in it. */
  public Path dev() {
    return root.resolve("dev");
  }

  /** Where the node listens. */
  Path socket() {
    return root.resolve("kernel.sock");
  }

  /** Locked by the process that owns the folder. */
  Path lock() {
    return root.resolve("lock");
  }

  /** Where the node's device nodes are for a path as the node itself knows it. */
  Path placeholder(Path device) {
    return dev().resolve(Path.of("/dev").relativize(device));
  }

  /** What the node calls a file below {@link #dev}; empty for a file elsewhere. */
  Optional<Path> device(Path file) {
    var absolute = file.toAbsolutePath().normalize();
    return absolute.startsWith(dev())
        ? Optional.of(Path.of("/dev").resolve(dev().relativize(absolute)))
        : Optional.empty();
  }
}
