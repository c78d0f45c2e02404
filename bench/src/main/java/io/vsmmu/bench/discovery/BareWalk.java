package io.vsmmu.bench.discovery;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Reads the files that discovery reads, each once, and makes nothing of them. */
final class BareWalk {
  private static final Set<String> TEXTS =
      Set.of(
          "class",
          "device",
          "driver_override",
          "numa_node",
          "reset_method",
          "sriov_numvfs",
          "sriov_totalvfs",
          "vendor");
  private static final Set<String> LINKS = Set.of("driver", "iommu", "iommu_group", "physfn");
  private static final String VFIO = "vfio-dev";

  private final Path root;
  private final Set<Path> groups = new HashSet<>();
  private long bytes;

  private BareWalk(Path root) {
    this.root = root;
  }

  /** Returns how much was read, so that none of it can be left out. */
  static long read(Path root) throws IOException {
    BareWalk walk = new BareWalk(root);
    walk.read();
    return walk.bytes;
  }

  private void read() throws IOException {
    Path devices = root.resolve("bus/pci/devices");
    for (String device : list(devices)) {
      function(devices.resolve(device));
    }
    bytes += list(root.resolve("class/iommu")).size();
    for (Path group : groups) {
      text(root.resolve("kernel/iommu_groups").resolve(group).resolve("reserved_regions"));
    }
  }

  private void function(Path function) throws IOException {
    for (String entry : list(function)) {
      if (TEXTS.contains(entry)) {
        text(function.resolve(entry));
      } else if (LINKS.contains(entry)) {
        Path target = link(function.resolve(entry));
        if (entry.equals("iommu_group")) {
          groups.add(target.getFileName());
        }
      } else if (entry.equals(VFIO)) {
        bytes += list(function.resolve(entry)).size();
      }
    }
    Path _ = link(function);
  }

  private void text(Path file) throws IOException {
    bytes += Files.readString(file, StandardCharsets.ISO_8859_1).length();
  }

  private Path link(Path link) throws IOException {
    Path target = Files.readSymbolicLink(link);
    bytes += target.getNameCount();
    return target;
  }

  private static List<String> list(Path folder) throws IOException {
    List<String> names = new ArrayList<>();
    try (var entries = Files.newDirectoryStream(folder)) {
      entries.forEach(entry -> names.add(entry.getFileName().toString()));
    }
    return names;
  }
}
