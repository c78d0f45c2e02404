package io.vsmmu.iommufd.topology;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Builds the part of a sysfs tree that topology reads, laid out as the kernel does. */
final class SysfsFixture {

  private final Path root;

  SysfsFixture(Path root) {
    this.root = root;
    folder(root.resolve("bus/pci/devices"));
  }

  Path root() {
    return root;
  }

  /** A function with the attributes that every function has. */
  FunctionFolder function(String address, String vendor, String device, String classCode) {
    return place("devices/pci0000:00/" + address, address, vendor, device, classCode);
  }

  /** As {@link #function}, behind a bridge. */
  FunctionFolder functionBelow(
      String bridge, String address, String vendor, String device, String classCode) {
    return place(
        "devices/pci0000:00/" + bridge + "/" + address, address, vendor, device, classCode);
  }

  private FunctionFolder place(
      String place, String address, String vendor, String device, String classCode) {
    var folder = folder(root.resolve(place));
    link(root.resolve("bus/pci/devices"), address, folder);
    return new FunctionFolder(folder)
        .attribute("vendor", vendor)
        .attribute("device", device)
        .attribute("class", classCode)
        .attribute("driver_override", "(null)");
  }

  void smmu(String name) {
    link(root.resolve("class/iommu"), name, folder(root.resolve("devices/platform/" + name)));
  }

  void cpuNodes(String list) {
    write(folder(root.resolve("devices/system/node")).resolve("has_cpu"), list + "\n");
  }

  void strangeEntry(String name) {
    folder(root.resolve("bus/pci/devices/" + name));
  }

  final class FunctionFolder {
    private final Path folder;

    private FunctionFolder(Path folder) {
      this.folder = folder;
    }

    FunctionFolder attribute(String name, String value) {
      var file = folder.resolve(name);
      folder(file.resolve("..").normalize());
      write(file, value + "\n");
      return this;
    }

    FunctionFolder without(String name) {
      try {
        Files.delete(folder.resolve(name));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return this;
    }

    FunctionFolder driver(String name) {
      return linked("driver", "bus/pci/drivers/" + name);
    }

    FunctionFolder smmu(String name) {
      return linked("iommu", "devices/platform/" + name);
    }

    FunctionFolder group(String number, String... reservedRegions) {
      linked("iommu_group", "kernel/iommu_groups/" + number);
      write(
          root.resolve("kernel/iommu_groups/" + number + "/reserved_regions"),
          String.join("\n", reservedRegions) + "\n");
      return this;
    }

    FunctionFolder vfioDevice(String name) {
      folder(folder.resolve("vfio-dev/" + name));
      return this;
    }

    FunctionFolder linked(String name, String target) {
      link(folder, name, folder(root.resolve(target)));
      return this;
    }
  }

  private static Path folder(Path path) {
    try {
      return Files.createDirectories(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void link(Path parent, String name, Path target) {
    try {
      Files.createSymbolicLink(folder(parent).resolve(name), parent.relativize(target));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
