package io.vsmmu.iommufd.topology;

import io.vsmmu.iommufd.topology.Attribute.Folder;
import io.vsmmu.iommufd.topology.Attribute.Link;
import io.vsmmu.iommufd.topology.Attribute.Text;
import io.vsmmu.iommufd.topology.Attribute.Unreadable;
import io.vsmmu.iommufd.topology.TopologyReader.Reserved;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes sense of one function's folder. Attributes that a sound tree may lack are optional;
 * anything else that is missing or garbled is collected as a fault.
 */
final class FunctionReader {

  private static final int CLASS_BITS = 0xffffff;
  private static final String CDEV = "vfio";

  private final SysfsFolder folder;
  private final PciAddress address;
  private final List<String> faults = new ArrayList<>();

  FunctionReader(SysfsFolder folder, PciAddress address) {
    this.folder = folder;
    this.address = address;
  }

  /** What its group's folder is called; empty when it is in none. */
  String groupName() {
    return folder.attributes().get("iommu_group") instanceof Link(var name) ? name : "";
  }

  PciFunction read(Reserved reserved) {
    folder
        .attributes()
        .forEach((name, attribute) -> {
          if (attribute instanceof Unreadable(var why)) {
            faults.add(name + " " + why);
          }
        });
    faults.addAll(reserved.faults());
    return new PciFunction(
        address,
        hex("vendor", PciFunction.UNREADABLE, PciFunction.UNREADABLE),
        hex("device", PciFunction.UNREADABLE, PciFunction.UNREADABLE),
        hex("class", CLASS_BITS, 0),
        link("driver"),
        driverOverride(),
        parsed(link("iommu_group"), "iommu_group links to '%s', not to a number", this::number),
        numaNode(),
        link("iommu"),
        vfioDevice(),
        parsed(link("physfn"), "physfn links to '%s', not to a PCI function", this::address),
        virtualFunctions(),
        bridges(),
        resetMethods(),
        reserved.regions(),
        faults);
  }

  private int hex(String attribute, int max, int otherwise) {
    var text = text(attribute);
    if (text == null) {
      if (!folder.attributes().containsKey(attribute)) {
        faults.add(attribute + " is missing");
      }
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

  private @Nullable Integer numaNode() {
    var node = count("numa_node");
    return node == null || node < 0 ? null : node; // -1 says that the firmware names none.
  }

  private @Nullable String vfioDevice() {
    return folder.attributes().get("vfio-dev") instanceof Folder(var entries)
        ? entries.stream().filter(name -> name.startsWith(CDEV)).findFirst().orElse(null)
        : null;
  }

  private @Nullable VirtualFunctions virtualFunctions() {
    var total = count("sriov_totalvfs");
    var enabled = count("sriov_numvfs");
    return total == null || total == 0
        ? null
        : new VirtualFunctions(enabled == null ? 0 : enabled, total);
  }

  private List<PciAddress> bridges() {
    var place = folder.place();
    return place.subList(0, Math.max(0, place.size() - 1)).stream()
        .flatMap(name -> PciAddress.tryParse(name).stream())
        .toList();
  }

  private List<String> resetMethods() {
    var text = text("reset_method");
    return text == null
        ? List.of()
        : Stream.of(text.split("\\s+")).filter(word -> !word.isEmpty()).toList();
  }

  private @Nullable Integer count(String attribute) {
    return parsed(text(attribute), attribute + " reads '%s', not a number", this::number);
  }

  private <T> @Nullable T parsed(
      @Nullable String text, String fault, Function<String, Optional<T>> parser) {
    if (text == null) {
      return null;
    }
    var value = parser.apply(text);
    if (value.isEmpty()) {
      faults.add(fault.formatted(text));
    }
    return value.orElse(null);
  }

  private Optional<Integer> number(String text) {
    try {
      return Optional.of(Integer.valueOf(text));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private Optional<PciAddress> address(String text) {
    return PciAddress.tryParse(text);
  }

  private @Nullable String text(String attribute) {
    return folder.attributes().get(attribute) instanceof Text(var text) ? text : null;
  }

  private @Nullable String link(String attribute) {
    return folder.attributes().get(attribute) instanceof Link(var target) ? target : null;
  }
}
