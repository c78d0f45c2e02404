package io.vsmmu.hook.rewrite;

import io.vsmmu.hook.rewrite.DomainTree.Place;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.w3c.dom.Element;

/**
 * What libvirt and KubeVirt do to a domain between two calls of the hook, as far as PCI goes.
 * libvirt gives every controller and device an address, in the first empty root port or one that it
 * adds, and adds aliases. KubeVirt then keeps the elements and attributes that its own types have.
 */
final class Libvirt {

  private static final Set<String> PCI_DEVICES =
      Set.of("interface", "hostdev", "memballoon", "rng");

  private static final Set<String> KUBEVIRTS_DRIVER_ATTRIBUTES =
      Set.of("pciBus", "accel", "ats", "ril", "ssidSize", "oas");
  private static final Set<String> KUBEVIRTS_CONTROLLER_ELEMENTS =
      Set.of("driver", "alias", "address", "pcihole64", "target");
  private static final Set<String> KUBEVIRTS_TARGET_ATTRIBUTES = Set.of("hotplug", "busNr");

  private final DomainTree domain;

  private Libvirt(DomainTree domain) {
    this.domain = domain;
  }

  /** The domain as libvirt shows it after it was defined. */
  static String completed(String xml) {
    var libvirt = new Libvirt(DomainTree.of(xml));
    libvirt.complete();
    return libvirt.domain.xml();
  }

  /** As {@link #completed}, and then read and written by KubeVirt. */
  static String readBackByKubeVirt(String xml) {
    var domain = DomainTree.of(completed(xml));
    for (var iommu : domain.devices("iommu")) {
      for (var child : DomainTree.children(iommu)) {
        if (child.getTagName().equals("driver")) {
          keepAttributes(child, KUBEVIRTS_DRIVER_ATTRIBUTES);
        } else {
          iommu.removeChild(child);
        }
      }
    }
    for (var controller : domain.controllers().values()) {
      for (var child : DomainTree.children(controller)) {
        if (!KUBEVIRTS_CONTROLLER_ELEMENTS.contains(child.getTagName())) {
          controller.removeChild(child);
        } else if (child.getTagName().equals("target")) {
          keepAttributes(child, KUBEVIRTS_TARGET_ATTRIBUTES);
        }
      }
    }
    return domain.xml();
  }

  private void complete() {
    if (!domain.controllers().containsKey(0)) {
      controller(0, "pcie-root");
    }
    for (var device : domainsPciDevices()) {
      var place = DomainTree.place(device);
      if (place != null && !domain.controllers().containsKey(place.bus())) {
        controller(place.bus(), "pcie-root-port");
      }
    }
    for (var device : domainsPciDevices()) {
      if (DomainTree.place(device) == null) {
        address(device, new Place(freePort(), 0, 0));
      }
    }
    domain
        .controllers()
        .forEach((index, controller) -> {
          if (index > 0 && DomainTree.place(controller) == null) {
            address(controller, new Place(0, freeRootSlot(), 0));
          }
          if (controller.getAttribute("model").equals("pcie-root-port")) {
            target(controller, index);
          }
          alias(controller, "pci." + index);
        });
    domain.devices("iommu").forEach(iommu -> alias(iommu, "iommu0"));
  }

  private List<Element> domainsPciDevices() {
    var devices = new ArrayList<Element>();
    for (var device : DomainTree.children(domain.devices())) {
      if (PCI_DEVICES.contains(device.getTagName())) {
        devices.add(device);
      }
    }
    return devices;
  }

  /**
   * The first port that is empty, wherever it is plugged in itself; a new one when there is none.
   */
  private int freePort() {
    var taken = new HashSet<Integer>();
    for (var device : DomainTree.children(domain.devices())) {
      var place = DomainTree.place(device);
      if (place != null) {
        taken.add(place.bus());
      }
    }
    for (var controller : domain.controllers().entrySet()) {
      if (controller.getValue().getAttribute("model").equals("pcie-root-port")
          && !taken.contains(controller.getKey())) {
        return controller.getKey();
      }
    }
    int port = nextIndex();
    controller(port, "pcie-root-port");
    return port;
  }

  private int nextIndex() {
    return domain.controllers().keySet().stream().mapToInt(Integer::intValue).max().orElse(0) + 1;
  }

  private int freeRootSlot() {
    var taken = new HashSet<Integer>();
    for (var device : DomainTree.children(domain.devices())) {
      var place = DomainTree.place(device);
      if (place != null && place.bus() == 0) {
        taken.add(place.slot());
      }
    }
    for (int slot = 1; slot < 32; slot++) {
      if (!taken.contains(slot)) {
        return slot;
      }
    }
    throw new AssertionError("the root bus is full");
  }

  private void controller(int index, String model) {
    var controller = element(domain.devices(), "controller");
    controller.setAttribute("type", "pci");
    controller.setAttribute("index", String.valueOf(index));
    controller.setAttribute("model", model);
  }

  private void target(Element port, int index) {
    var target = element(port, "target");
    target.setAttribute("chassis", String.valueOf(index));
    target.setAttribute("port", "0x0");
  }

  private void alias(Element device, String name) {
    if (DomainTree.children(device).stream()
        .noneMatch(child -> child.getTagName().equals("alias"))) {
      element(device, "alias").setAttribute("name", name);
    }
  }

  private void address(Element device, Place place) {
    var address = element(device, "address");
    address.setAttribute("type", "pci");
    address.setAttribute("domain", "0x0000");
    address.setAttribute("bus", "0x%02x".formatted(place.bus()));
    address.setAttribute("slot", "0x%02x".formatted(place.slot()));
    address.setAttribute("function", "0x%x".formatted(place.function()));
  }

  private Element element(Element parent, String name) {
    var element = domain.document().createElement(name);
    parent.appendChild(element);
    return element;
  }

  private static void keepAttributes(Element element, Set<String> known) {
    var attributes = element.getAttributes();
    for (int i = attributes.getLength() - 1; i >= 0; i--) {
      var name = attributes.item(i).getNodeName();
      if (!known.contains(name)) {
        element.removeAttribute(name);
      }
    }
  }
}
