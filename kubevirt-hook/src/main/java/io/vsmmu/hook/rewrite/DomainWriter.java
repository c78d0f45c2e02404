package io.vsmmu.hook.rewrite;

import io.vsmmu.hook.domain.Domain;
import io.vsmmu.hook.domain.DomainElements;
import io.vsmmu.hook.domain.GuestAddress;
import io.vsmmu.hook.domain.Iommu;
import io.vsmmu.hook.domain.PciController;
import io.vsmmu.hook.plan.Plan;
import io.vsmmu.hook.plan.Plan.Expander;
import io.vsmmu.hook.plan.Plan.RootPort;
import io.vsmmu.hook.xml.NewElement;
import io.vsmmu.hook.xml.XmlDocument;
import io.vsmmu.hook.xml.XmlEdits;
import io.vsmmu.hook.xml.XmlElement;
import java.util.Map;

/** Turns a plan into edits of the XML. */
final class DomainWriter {

  private static final String ADDRESS = "address";
  private static final String DRIVER = "driver";
  private static final String TARGET = "target";

  private final Domain domain;
  private final DomainElements elements;
  private final XmlEdits edits;

  DomainWriter(XmlDocument document, Domain domain, DomainElements elements) {
    this.domain = domain;
    this.elements = elements;
    this.edits = new XmlEdits(document);
  }

  String write(Plan plan) {
    elements.devices().ifPresent(devices -> add(devices, plan));
    plan.addresses()
        .forEach((position, address) -> move(elements.hostDevices().get(position), address));
    plan.completed()
        .forEach((position, attributes) -> complete(elements.iommus().get(position), attributes));
    plan.busNrs().forEach((index, busNr) -> number(controller(index), busNr));
    plan.freedPorts().forEach(index -> controller(index).child(ADDRESS).ifPresent(edits::remove));
    return edits.text();
  }

  private void add(XmlElement devices, Plan plan) {
    for (var expander : plan.expanders()) {
      edits.append(devices, expander(expander));
    }
    for (var port : plan.ports()) {
      edits.append(devices, port(port));
    }
    for (int bus : plan.vsmmus()) {
      edits.append(devices, vsmmu(bus, plan.driver()));
    }
  }

  private void move(XmlElement device, GuestAddress address) {
    device
        .child(ADDRESS)
        .ifPresentOrElse(
            old -> edits.replace(old, address(address)),
            () -> edits.append(device, address(address)));
  }

  private void complete(XmlElement iommu, Map<String, String> attributes) {
    iommu
        .child(DRIVER)
        .ifPresent(
            driver -> attributes.forEach((name, value) -> edits.setAttribute(driver, name, value)));
  }

  private void number(XmlElement controller, int busNr) {
    controller
        .child(TARGET)
        .ifPresentOrElse(
            target -> edits.setAttribute(target, "busNr", String.valueOf(busNr)),
            () -> edits.append(controller, target(busNr)));
  }

  private XmlElement controller(int index) {
    for (int i = 0; i < domain.controllers().size(); i++) {
      if (domain.controllers().get(i).index() == index) {
        return elements.controllers().get(i);
      }
    }
    throw new IllegalArgumentException("no PCI controller has the index " + index);
  }

  private static NewElement expander(Expander expander) {
    var target = target(expander.busNr());
    var node = expander.node();
    return controller(expander.index(), PciController.EXPANDER)
        .with(node == null ? target : target.with(NewElement.of("node").withText(node.toString())));
  }

  private static NewElement port(RootPort port) {
    var controller = controller(port.index(), PciController.ROOT_PORT);
    var address = port.address();
    return address == null ? controller : controller.with(address(address));
  }

  private static NewElement controller(int index, String model) {
    return NewElement.of("controller")
        .with("type", "pci")
        .with("index", String.valueOf(index))
        .with("model", model);
  }

  private static NewElement target(int busNr) {
    return NewElement.of(TARGET).with("busNr", String.valueOf(busNr));
  }

  private static NewElement vsmmu(int bus, Map<String, String> driver) {
    return NewElement.of("iommu")
        .with("model", Iommu.SMMUV3)
        .with(
            NewElement.of(DRIVER)
                .with("pciBus", String.valueOf(bus))
                .with("accel", "on")
                .with(driver));
  }

  private static NewElement address(GuestAddress address) {
    return NewElement.of(ADDRESS)
        .with("type", "pci")
        .with("domain", String.format("0x%04x", address.domain()))
        .with("bus", String.format("0x%02x", address.bus()))
        .with("slot", String.format("0x%02x", address.slot()))
        .with("function", String.format("0x%x", address.function()));
  }
}
