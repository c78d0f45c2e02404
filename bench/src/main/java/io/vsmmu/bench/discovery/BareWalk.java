package io.vsmmu.bench.discovery;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Reads the files that discovery reads, each once and with as many threads, and makes nothing of
 * them.
 */
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
  private final Set<Path> groups = ConcurrentHashMap.newKeySet();
  private final LongAdder bytes = new LongAdder();

  private BareWalk(Path root) {
    this.root = root;
  }

  /** Returns how much was read, so that none of it can be left out. */
  static long read(Path root) throws IOException {
    BareWalk walk = new BareWalk(root);
    walk.read();
    return walk.bytes.sum();
  }

  private void read() throws IOException {
    Path devices = root.resolve("bus/pci/devices");
    try {
      list(devices).parallelStream().forEach(device -> unchecked(devices.resolve(device)));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    bytes.add(list(root.resolve("class/iommu")).size());
    for (Path group : groups) {
      text(root.resolve("kernel/iommu_groups").resolve(group).resolve("reserved_regions"));
    }
  }

  private void unchecked(Path function) {
    try {
      function(function);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
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
        bytes.add(list(function.resolve(entry)).size());
      }
    }
    Path _ = link(function);
  }

  private void text(Path file) throws IOException {
    bytes.add(Files.readString(file, StandardCharsets.ISO_8859_1).length());
  }

  private Path link(Path link) throws IOException {
    Path target = Files.readSymbolicLink(link);
    bytes.add(target.getNameCount());
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
