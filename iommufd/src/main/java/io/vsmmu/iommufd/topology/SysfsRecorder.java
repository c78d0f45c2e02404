package io.vsmmu.iommufd.topology;

import io.vsmmu.iommufd.topology.Attribute.Folder;
import io.vsmmu.iommufd.topology.Attribute.Link;
import io.vsmmu.iommufd.topology.Attribute.Text;
import io.vsmmu.iommufd.topology.Attribute.Unreadable;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Copies from sysfs what topology asks for. Only what {@code bus/pci/devices} itself cannot be
 * listed for fails a copy: sysfs changes while it is read, and one bad device must not hide the
 * others. Functions are read by several threads at once.
 */
final class SysfsRecorder {

  static final String DEVICES = "bus/pci/devices";
  static final String GROUPS = "kernel/iommu_groups";
  static final String IOMMUS = "class/iommu";
  static final String SYSTEM = "devices/system";
  static final String NODES = "node";
  static final String HAS_CPU = "has_cpu";

  private static final String WHOLE_FOLDER = "its folder";

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
  private static final Set<String> FOLDERS = Set.of("vfio-dev");

  private final Path root;
  private final SysfsFiles files;

  SysfsRecorder(Path root, SysfsFiles files) {
    this.root = root;
    this.files = files;
  }

  /**
   * Copies all functions.
   *
   * @throws IOException when {@code bus/pci/devices} cannot be listed at all
   */
  TopologySnapshot record() throws IOException {
    // Nodes have thousands of functions, and each is a dozen files.
    var functions =
        files.list(root.resolve(DEVICES)).parallelStream()
            .flatMap(name -> function(name).stream())
            .toList();
    var whole = new TreeMap<String, Attribute>();
    put(whole, IOMMUS, () -> new Folder(files.list(root.resolve(IOMMUS))));
    var nodes = new TreeMap<String, Attribute>();
    put(nodes, HAS_CPU, () -> text(root.resolve(SYSTEM).resolve(NODES).resolve(HAS_CPU)));
    return snapshot(whole.get(IOMMUS), nodes, functions);
  }

  /** Copies one function; without any when there is none of that name. */
  TopologySnapshot record(PciAddress address) {
    return snapshot(
        null, Collections.emptySortedMap(), function(address.toString()).stream().toList());
  }

  private TopologySnapshot snapshot(
      @Nullable Attribute smmus, SortedMap<String, Attribute> nodes, List<SysfsFolder> functions) {
    var groups = new ArrayList<SysfsFolder>();
    functions.stream()
        .map(function -> function.attributes().get("iommu_group"))
        .flatMap(group -> group instanceof Link link ? List.of(link.target()).stream() : null)
        .collect(Collectors.toCollection(HashSet::new))
        .forEach(name -> group(name).ifPresent(groups::add));
    return new TopologySnapshot(
        // A kernel without an IOMMU driver has no such class.
        smmus == null ? new Folder(List.of()) : smmus,
        new SysfsFolder(NODES, List.of(), nodes),
        groups,
        functions);
  }

  /** Empty when the function vanished while it was read. */
  private Optional<SysfsFolder> function(String name) {
    var link = root.resolve(DEVICES).resolve(name);
    var attributes = new TreeMap<String, Attribute>();
    try {
      for (var entry : files.list(link)) {
        if (TEXTS.contains(entry)) {
          put(attributes, entry, () -> text(link.resolve(entry)));
        } else if (LINKS.contains(entry)) {
          put(attributes, entry, () -> new Link(lastName(files.target(link.resolve(entry)))));
        } else if (FOLDERS.contains(entry)) {
          put(attributes, entry, () -> new Folder(files.list(link.resolve(entry))));
        }
      }
      // Last, so that what is gone by now is not taken for a function without attributes.
      return Optional.of(new SysfsFolder(name, place(link), attributes));
    } catch (NoSuchFileException | NotDirectoryException e) {
      return Optional.empty();
    } catch (IOException e) {
      attributes.put(WHOLE_FOLDER, new Unreadable("cannot be read: " + reason(e)));
      return Optional.of(new SysfsFolder(name, List.of(), attributes));
    }
  }

  private Optional<SysfsFolder> group(String name) {
    var attributes = new TreeMap<String, Attribute>();
    var regions = root.resolve(GROUPS).resolve(name).resolve("reserved_regions");
    put(attributes, "reserved_regions", () -> text(regions));
    return attributes.isEmpty()
        ? Optional.empty()
        : Optional.of(new SysfsFolder(name, List.of(), attributes));
  }

  /** The folders from {@code devices} on that the link leads through; none when it is no link. */
  private List<String> place(Path link) throws IOException {
    try {
      var names =
          StreamSupport.stream(files.target(link).spliterator(), false)
              .map(Path::toString)
              .toList();
      return names.subList(names.indexOf("devices") + 1, names.size());
    } catch (NotLinkException e) {
      return List.of();
    }
  }

  private Attribute text(Path file) throws IOException {
    return new Text(
        files
            .read(file)
            .strip()
            .lines()
            .map(String::stripTrailing)
            .collect(Collectors.joining("\n")));
  }

  private static void put(SortedMap<String, Attribute> attributes, String name, Reading reading) {
    try {
      attributes.put(name, reading.read());
    } catch (NotLinkException e) {
      attributes.put(name, new Unreadable("is no link"));
    } catch (NotDirectoryException e) {
      attributes.put(name, new Unreadable("is no folder"));
    } catch (NoSuchFileException e) {
      attributes.remove(name); // Gone since the folder was listed.
    } catch (IOException e) {
      attributes.put(name, new Unreadable("cannot be read: " + reason(e)));
    }
  }

  private static String lastName(Path path) {
    var name = path.getFileName();
    return name == null ? "" : name.toString();
  }

  /** Java's file errors begin with the path, which would differ between two trees. */
  private static String reason(IOException e) {
    if (e instanceof AccessDeniedException) {
      return "Permission denied"; // Its message is the path, and nothing else.
    }
    return e instanceof FileSystemException failure && failure.getReason() != null
        ? failure.getReason()
        : String.valueOf(e.getMessage());
  }

  /** One attribute's read. */
  private interface Reading {
    Attribute read() throws IOException;
  }
}
