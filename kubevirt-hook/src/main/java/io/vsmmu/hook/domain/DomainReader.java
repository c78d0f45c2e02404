package io.vsmmu.hook.domain;

import io.vsmmu.hook.xml.XmlDocument;
import io.vsmmu.hook.xml.XmlElement;
import io.vsmmu.iommufd.topology.PciAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Reads a {@link Domain} from its XML. */
public final class DomainReader {

  private static final int MAX_DOMAIN = 0xffff;
  private static final int MAX_BUS = 0xff;
  private static final int MAX_SLOT = 0x1f;
  private static final int MAX_FUNCTION = 7;
  private static final int MAX_CELL = 1023;

  private static final Set<String> DRIVER_ATTRIBUTES =
      Set.of("accel", "ats", "ril", "oas", "ssidsize", "cmdqv");

  private final XmlElement root;
  private final DomainElements elements;

  private DomainReader(XmlElement root) {
    this.root = root;
    this.elements = new DomainElements(root);
  }

  /**
   * Reads what counts and skips the rest.
   *
   * @throws MalformedDomainException when it is no domain, or says something about PCI that libvirt
   *     would refuse
   */
  public static Domain read(XmlDocument document) throws MalformedDomainException {
    if (!document.root().name().equals("domain")) {
      throw new MalformedDomainException(
          "the XML is no domain but a <" + document.root().name() + ">");
    }
    return new DomainReader(document.root()).read();
  }

  private Domain read() throws MalformedDomainException {
    var type = root.at("os", "type");
    var others = new ArrayList<GuestAddress>();
    for (var device : elements.others()) {
      var address = guestAddress(device);
      if (address != null) {
        others.add(address);
      }
    }
    return new Domain(
        root.child("name").map(XmlElement::text).orElse(""),
        type.map(element -> element.attribute("arch")).orElse(""),
        type.map(element -> element.attribute("machine")).orElse(""),
        controllers(),
        hostDevices(),
        iommus(),
        others,
        numa());
  }

  private List<PciController> controllers() throws MalformedDomainException {
    var controllers = new ArrayList<PciController>();
    var seen = new HashSet<Integer>();
    for (var element : elements.controllers()) {
      int index = Numbers.orZero(element, "index", MAX_BUS);
      if (!seen.add(index)) {
        throw new MalformedDomainException("two PCI controllers have the index " + index);
      }
      var target = element.child("target");
      controllers.add(
          new PciController(
              index,
              orEmpty(element.attribute("model")),
              guestAddress(element),
              target.isEmpty() ? null : Numbers.optional(target.get(), "busNr", MAX_BUS)));
    }
    return controllers;
  }

  private List<HostDevice> hostDevices() throws MalformedDomainException {
    var devices = new ArrayList<HostDevice>();
    for (var element : elements.hostDevices()) {
      var source =
          element
              .at("source", "address")
              .orElseThrow(() ->
                  new MalformedDomainException(
                      "a PCI <%s> has no <source><address>: nobody can tell which device it is"
                          .formatted(element.name())));
      var address = pciAddress(source);
      devices.add(
          new HostDevice(
              new PciAddress(address.domain(), address.bus(), address.slot(), address.function()),
              guestAddress(element),
              element
                  .child("address")
                  .map(child -> "unassigned".equals(child.attribute("type")))
                  .orElse(false),
              usesIommufd(element)));
    }
    return devices;
  }

  /** The domain's own choice holds for devices that make none. */
  private boolean usesIommufd(XmlElement device) {
    var own = device.child("driver").map(driver -> driver.attribute("iommufd"));
    var domains = root.child("iommufd").map(iommufd -> iommufd.attribute("enabled"));
    return own.or(() -> domains).map("yes"::equals).orElse(false);
  }

  private List<Iommu> iommus() throws MalformedDomainException {
    var iommus = new ArrayList<Iommu>();
    for (var element : elements.iommus()) {
      var driver = element.child("driver");
      var attributes = new HashMap<String, String>();
      for (var attribute : DRIVER_ATTRIBUTES) {
        driver
            .map(found -> found.attribute(attribute))
            .ifPresent(value -> attributes.put(attribute, value));
      }
      iommus.add(
          new Iommu(
              orEmpty(element.attribute("model")),
              driver.isEmpty() ? null : Numbers.optional(driver.get(), "pciBus", MAX_BUS),
              attributes));
    }
    return iommus;
  }

  private NumaCells numa() throws MalformedDomainException {
    var cells = new TreeSet<Integer>();
    var numa = root.at("cpu", "numa");
    if (numa.isPresent()) {
      for (var cell : numa.get().children("cell").toList()) {
        var id = Numbers.optional(cell, "id", MAX_CELL);
        cells.add(id == null ? cells.size() : id);
      }
    }
    Map<Integer, Set<Integer>> hostNodes = new TreeMap<>();
    var tuning = root.child("numatune");
    if (tuning.isPresent()) {
      for (var memory : tuning.get().children("memnode").toList()) {
        var cell = Numbers.optional(memory, "cellid", MAX_CELL);
        var nodeset = memory.attribute("nodeset");
        if (cell != null && nodeset != null) {
          hostNodes.put(cell, Numbers.nodes(memory, nodeset));
        }
      }
    }
    return new NumaCells(cells, hostNodes);
  }

  /** Where a device is plugged in; null when it says nothing of that. */
  private static @Nullable GuestAddress guestAddress(XmlElement device)
      throws MalformedDomainException {
    var address = device.child("address");
    if (address.isEmpty()
        || !"pci".equals(address.get().attribute("type"))
        || !isPlace(address.get())) {
      return null;
    }
    return pciAddress(address.get());
  }

  /** {@code <address type='pci'/>} asks for a PCI address and leaves the choice to libvirt. */
  private static boolean isPlace(XmlElement address) {
    return address.attribute("bus") != null || address.attribute("slot") != null;
  }

  private static GuestAddress pciAddress(XmlElement address) throws MalformedDomainException {
    return new GuestAddress(
        Numbers.orZero(address, "domain", MAX_DOMAIN),
        Numbers.orZero(address, "bus", MAX_BUS),
        Numbers.orZero(address, "slot", MAX_SLOT),
        Numbers.orZero(address, "function", MAX_FUNCTION));
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }
}
