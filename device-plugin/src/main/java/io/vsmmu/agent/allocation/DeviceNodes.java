package io.vsmmu.agent.allocation;

import io.vsmmu.iommufd.topology.PciFunction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;

/** The nodes below {@code /dev} that a container gets, and whose they are meanwhile. */
final class DeviceNodes {

  private static final Path CONTAINER_DEV = Path.of("/dev");
  private static final String ALL = "mrw";

  private final Path dev;

  DeviceNodes(Path dev) {
    this.dev = dev;
  }

  Path iommu() {
    return dev.resolve("iommu");
  }

  /** The character device of a function on a VFIO driver, on the host. */
  Path cdev(PciFunction function) {
    return dev.resolve(cdevName(function));
  }

  /** The same, in a container. */
  Path cdevInContainer(PciFunction function) {
    return CONTAINER_DEV.resolve(cdevName(function));
  }

  /** All nodes for {@code functions} that exist; a missing one would break the container. */
  List<AllocationAnswer.DeviceNode> of(List<PciFunction> functions, Terms terms) {
    var names = new LinkedHashSet<String>();
    names.add("iommu");
    if (terms.legacyNodes()) {
      names.add("vfio/vfio");
      functions.forEach(function -> names.add("vfio/" + function.iommuGroup()));
    }
    functions.forEach(function -> names.add(cdevName(function)));

    var nodes = new ArrayList<AllocationAnswer.DeviceNode>();
    for (var name : names) {
      if (Files.exists(dev.resolve(name))) {
        nodes.add(
            new AllocationAnswer.DeviceNode(dev.resolve(name), CONTAINER_DEV.resolve(name), ALL));
      }
    }
    return nodes;
  }

  /** The numeric user that owns a function's character device. */
  int owner(PciFunction function) throws IOException {
    return (Integer) Files.getAttribute(cdev(function), "unix:uid");
  }

  /** Makes {@code uid} the owner; no-op when it is. */
  void own(PciFunction function, int uid) throws IOException {
    if (owner(function) != uid) {
      Files.setAttribute(cdev(function), "unix:uid", uid);
    }
  }

  private static String cdevName(PciFunction function) {
    return "vfio/devices/"
        + Objects.requireNonNull(function.vfioDevice(), "a function on a VFIO driver");
  }
}
