package io.vsmmu.hook.domain;

import io.vsmmu.hook.xml.XmlDocument;
import io.vsmmu.hook.xml.XmlElement;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The elements that a {@link Domain} was read from, in the same order as its lists. */
public final class DomainElements {

  private final XmlElement root;

  DomainElements(XmlElement root) {
    this.root = root;
  }

  public static DomainElements of(XmlDocument document) {
    return new DomainElements(document.root());
  }

  public Optional<XmlElement> devices() {
    return root.child("devices");
  }

  /** Elements of {@link Domain#controllers}. */
  public List<XmlElement> controllers() {
    return each("controller")
        .filter(controller -> "pci".equals(controller.attribute("type")))
        .filter(controller -> {
          var index = controller.attribute("index");
          return index != null && !index.isEmpty();
        })
        .toList();
  }

  /** Elements of {@link Domain#hostDevices}. */
  public List<XmlElement> hostDevices() {
    return devices().stream()
        .flatMap(devices -> devices.children().stream())
        .filter(DomainElements::isHostDevice)
        .toList();
  }

  /** Elements of {@link Domain#iommus}. */
  public List<XmlElement> iommus() {
    return each("iommu").toList();
  }

  /** Devices of other kinds. */
  List<XmlElement> others() {
    var controllers = controllers();
    return devices().stream()
        .flatMap(devices -> devices.children().stream())
        .filter(device -> !isHostDevice(device) && !controllers.contains(device))
        .toList();
  }

  private static boolean isHostDevice(XmlElement device) {
    return switch (device.name()) {
      case "hostdev" -> "pci".equals(device.attribute("type"));
      case "interface" -> "hostdev".equals(device.attribute("type"));
      default -> false;
    };
  }

  private Stream<XmlElement> each(String name) {
    return devices().stream().flatMap(devices -> devices.children(name));
  }
}
