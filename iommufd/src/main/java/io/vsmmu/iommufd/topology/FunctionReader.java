package io.vsmmu.iommufd.topology;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads one function's folder. Attributes that a sound tree may lack are optional; anything else
 * that is missing or garbled is collected as a fault.
 */
final class FunctionReader {

  private static final Pattern REGION =
      Pattern.compile("0x([0-9a-f]{1,16})\\s+0x([0-9a-f]{1,16})\\s+(\\S+)");

  private static final int CLASS_BITS = 0xffffff;

  private final Path folder;
  private final PciAddress address;
  private final List<String> faults = new ArrayList<>();

  FunctionReader(Path folder, PciAddress address) {
    this.folder = folder;
    this.address = address;
  }

  /** Empty when the function vanished while it was read. */
  Optional<PciFunction> read() {
    var function =
        new PciFunction(
            address,
            hex("vendor", PciFunction.UNREADABLE, PciFunction.UNREADABLE),
            hex("device", PciFunction.UNREADABLE, PciFunction.UNREADABLE),
            hex("class", CLASS_BITS, 0),
            linkName("driver"),
            driverOverride(),
            iommuGroup(),
            numaNode(),
            linkName("iommu"),
            vfioDevice(),
            physicalFunction(),
            reservedRegions(),
            faults);
    return Files.isDirectory(folder) ? Optional.of(function) : Optional.empty();
  }

  private int hex(String attribute, int max, int otherwise) {
    var text = text(attribute);
    if (text == null) {
      faults.add(attribute + " is missing");
      return otherwise;
    }
    try {
      int value = Integer.decode(text);
      if (value >= 0 && value <= max) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Reported below, with the numbers out of range.
    }
    faults.add("%s reads '%s', not a number up to 0x%x".formatted(attribute, text, max));
    return otherwise;
  }

  private @Nullable String driverOverride() {
    var text = text("driver_override");
    return text == null || text.isEmpty() || text.equals("(null)") ? null : text;
  }

  private @Nullable Integer iommuGroup() {
    var name = linkName("iommu_group");
    if (name == null) {
      return null;
    }
    try {
      return Integer.valueOf(name);
    } catch (NumberFormatException e) {
      faults.add("iommu_group links to '" + name + "', not to a number");
      return null;
    }
  }

  private @Nullable Integer numaNode() {
    var text = text("numa_node");
    if (text == null) {
      return null;
    }
    try {
      int node = Integer.parseInt(text);
      return node < 0 ? null : node; // -1 says that the firmware names none.
    } catch (NumberFormatException e) {
      faults.add("numa_node reads '" + text + "', not a number");
      return null;
    }
  }

  private @Nullable String vfioDevice() {
    try (var entries = Files.newDirectoryStream(folder.resolve("vfio-dev"), "vfio[0-9]*")) {
      for (var entry : entries) {
        return entry.getFileName().toString();
      }
      return null;
    } catch (NoSuchFileException | NotDirectoryException e) {
      return null;
    } catch (DirectoryIteratorException | IOException e) {
      faults.add("vfio-dev cannot be listed: " + e.getMessage());
      return null;
    }
  }

  private @Nullable PciAddress physicalFunction() {
    var name = linkName("physfn");
    if (name == null) {
      return null;
    }
    var parsed = PciAddress.tryParse(name);
    if (parsed.isEmpty()) {
      faults.add("physfn links to '" + name + "', not to a PCI function");
    }
    return parsed.orElse(null);
  }

  private List<ReservedRegion> reservedRegions() {
    var text = text("iommu_group/reserved_regions");
    if (text == null || text.isEmpty()) {
      return List.of();
    }
    var regions = new ArrayList<ReservedRegion>();
    for (var line : text.split("\n")) {
      var region = REGION.matcher(line.strip());
      if (region.matches()) {
        regions.add(
            new ReservedRegion(
                Long.parseUnsignedLong(region.group(1), 16),
                Long.parseUnsignedLong(region.group(2), 16),
                region.group(3)));
      } else {
        faults.add("reserved_regions has the line '" + line + "', which is no region");
      }
    }
    return regions;
  }

  private @Nullable String text(String attribute) {
    try {
      return Files.readString(folder.resolve(attribute), StandardCharsets.ISO_8859_1).strip();
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      faults.add(attribute + " cannot be read: " + e.getMessage());
      return null;
    }
  }

  private @Nullable String linkName(String link) {
    var path = folder.resolve(link);
    try {
      return Files.readSymbolicLink(path).getFileName().toString();
    } catch (NoSuchFileException e) {
      return null;
    } catch (NotLinkException e) {
      faults.add(link + " is no link");
      return null;
    } catch (IOException e) {
      faults.add(link + " cannot be read: " + e.getMessage());
      return null;
    }
  }
}
