package io.vsmmu.hook.domain;

import org.jspecify.annotations.Nullable;

/**
 * A {@code <controller type='pci'>} that has an index.
 *
 * @param index what addresses call its bus
 * @param model {@code pcie-root}, {@code pcie-root-port}, {@code pcie-expander-bus}, …; empty when
 *     libvirt is to choose
 * @param address where it is plugged in; absent while libvirt has not chosen, and for a root
 * @param busNr of an expander, the first bus number that the guest gives out behind it
 */
public record PciController(
    int index, String model, @Nullable GuestAddress address, @Nullable Integer busNr) {

  public static final String EXPANDER = "pcie-expander-bus";
  public static final String ROOT_PORT = "pcie-root-port";

  /** Whether it is a root bus with a range of bus numbers of its own. */
  public boolean isExpander() {
    return model.equals(EXPANDER) || model.equals("pci-expander-bus");
  }

  /** Whether it is the domain's own root bus. */
  public boolean isRoot() {
    return model.equals("pcie-root") || model.equals("pci-root");
  }
}
