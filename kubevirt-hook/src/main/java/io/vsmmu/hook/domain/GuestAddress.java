package io.vsmmu.hook.domain;

/**
 * The address of a PCI device in the guest. Its bus is the index of a PCI controller of the domain,
 * not the bus number that the guest will give it.
 *
 * @param domain PCI segment; QEMU has 0 only
 * @param bus index of the controller that it is plugged into, 0 to 255
 * @param slot 0 to 31
 * @param function 0 to 7
 */
public record GuestAddress(int domain, int bus, int slot, int function) {

  public static GuestAddress of(int bus, int slot) {
    return new GuestAddress(0, bus, slot, 0);
  }

  @Override
  public String toString() {
    return String.format("%04x:%02x:%02x.%x", domain, bus, slot, function);
  }
}
