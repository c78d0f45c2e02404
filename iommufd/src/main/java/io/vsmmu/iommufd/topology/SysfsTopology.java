package io.vsmmu.iommufd.topology;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads a node's topology from sysfs (Documentation/ABI/testing/sysfs-bus-pci). */
public final class SysfsTopology {

  private SysfsTopology() {}

  /**
   * Reads all PCI functions below {@code sysfsRoot} once. Functions that vanish meanwhile are left
   * out; what is missing or malformed becomes a fault of its function.
   *
   * @param sysfsRoot {@code /sys}, or a tree like it
   * @throws IOException when {@code bus/pci/devices} cannot be listed at all
   */
  public static NodeTopology read(Path sysfsRoot) throws IOException {
    var functions = new ArrayList<PciFunction>();
    var faults = new ArrayList<String>();
    for (var folder : list(sysfsRoot.resolve("bus/pci/devices"))) {
      var name = folder.getFileName().toString();
      PciAddress.tryParse(name)
          .ifPresentOrElse(
              address -> new FunctionReader(folder, address).read().ifPresent(functions::add),
              () -> faults.add("bus/pci/devices/" + name + " is no PCI address: ignored"));
    }
    return NodeTopology.of(functions, smmuNames(sysfsRoot), faults);
  }

  /**
   * Reads one function as it is now.
   *
   * @param sysfsRoot as in {@link #read}
   * @return empty when there is no such function
   */
  public static Optional<PciFunction> readFunction(Path sysfsRoot, PciAddress address) {
    return new FunctionReader(
            sysfsRoot.resolve("bus/pci/devices").resolve(address.toString()), address)
        .read();
  }

  private static List<String> smmuNames(Path sysfsRoot) throws IOException {
    try {
      return list(sysfsRoot.resolve("class/iommu")).stream()
          .map(folder -> folder.getFileName().toString())
          .toList();
    } catch (NoSuchFileException | NotDirectoryException e) {
      return List.of(); // A kernel without an IOMMU driver has no such class.
    }
  }

  private static List<Path> list(Path folder) throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      var paths = new ArrayList<Path>();
      entries.forEach(paths::add);
      return paths;
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }
}
