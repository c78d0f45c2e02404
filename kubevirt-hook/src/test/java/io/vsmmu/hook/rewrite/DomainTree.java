package io.vsmmu.hook.rewrite;

import java.io.StringReader;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.OutputKeys;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;

/** A domain as the JDK's DOM reads it, so that tests do not judge the code by itself. */
record DomainTree(Document document) {

  /**
   * @param bus index of a controller
   */
  record Place(int bus, int slot, int function) {}

  static DomainTree of(String xml) {
    try {
      var factory = DocumentBuilderFactory.newInstance();
      return new DomainTree(
          factory.newDocumentBuilder().parse(new InputSource(new StringReader(xml))));
    } catch (Exception e) {
      throw new AssertionError(e.getMessage() + " in\n" + xml, e);
    }
  }

  String xml() {
    try {
      var transformer = TransformerFactory.newInstance().newTransformer();
      transformer.setOutputProperty(OutputKeys.OMIT_XML_DECLARATION, "yes");
      var text = new StringWriter();
      transformer.transform(new DOMSource(document), new StreamResult(text));
      return text.toString();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  Element devices() {
    return child(document.getDocumentElement(), "devices");
  }

  List<Element> devices(String name) {
    return children(devices()).stream().filter(child -> child.getTagName().equals(name)).toList();
  }

  /** PCI controllers by their index; fails when two have the same. */
  Map<Integer, Element> controllers() {
    var controllers = new TreeMap<Integer, Element>();
    for (var controller : devices("controller")) {
      if (controller.getAttribute("type").equals("pci")) {
        int index = Integer.parseInt(controller.getAttribute("index"));
        if (controllers.put(index, controller) != null) {
          throw new AssertionError("two PCI controllers have the index " + index);
        }
      }
    }
    return controllers;
  }

  static boolean isExpander(Element controller) {
    return controller.getAttribute("model").equals("pcie-expander-bus");
  }

  /** The host's address of a {@code <hostdev>}, as sysfs writes it. */
  static String host(Element hostdev) {
    var address = child(child(hostdev, "source"), "address");
    return "%s:%s:%s.%s"
        .formatted(
            digits(address, "domain"),
            digits(address, "bus"),
            digits(address, "slot"),
            digits(address, "function"));
  }

  static @Nullable Place place(Element device) {
    for (var child : children(device)) {
      if (child.getTagName().equals("address") && child.getAttribute("type").equals("pci")) {
        return new Place(
            Integer.decode(child.getAttribute("bus")),
            Integer.decode(child.getAttribute("slot")),
            Integer.decode(child.getAttribute("function")));
      }
    }
    return null;
  }

  /** Index of the root bus that a bus hangs off. */
  int rootOf(int bus) {
    var controllers = controllers();
    int at = bus;
    for (int steps = 0; steps < 256; steps++) {
      var controller = controllers.get(at);
      var place = controller == null || isExpander(controller) ? null : place(controller);
      if (place == null) {
        return controller != null && isExpander(controller) ? at : 0;
      }
      at = place.bus();
    }
    throw new AssertionError("controller " + bus + " is plugged into itself");
  }

  static Element child(Element parent, String name) {
    return children(parent).stream()
        .filter(child -> child.getTagName().equals(name))
        .findFirst()
        .orElseThrow(
            () -> new AssertionError("<" + parent.getTagName() + "> has no <" + name + ">"));
  }

  static List<Element> children(Element parent) {
    var children = new ArrayList<Element>();
    for (var child = parent.getFirstChild(); child != null; child = child.getNextSibling()) {
      if (child instanceof Element element) {
        children.add(element);
      }
    }
    return children;
  }

  private static String digits(Element address, String name) {
    return address.getAttribute(name).substring("0x".length());
  }
}
