package io.vsmmu.hook.plan;

import io.vsmmu.hook.domain.GuestAddress;
import io.vsmmu.iommufd.topology.PciAddress;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What to change of a domain.
 *
 * @param expanders to add
 * @param ports root ports to add
 * @param vsmmus buses to add a vSMMU on
 * @param driver attributes of the vSMMUs to add
 * @param addresses to give to host devices, by their position in the domain
 * @param busNrs to give to expanders that have none, by their index
 * @param freedPorts indexes of ports that nothing is plugged into (any more), and that are to leave
 *     the bus of a vSMMU: libvirt would plug an emulated device into them, which QEMU refuses there
 * @param completed attributes to add to vSMMUs that are there, by their position in the domain
 * @param placements where the devices are then, for whoever reads the log
 */
public record Plan(
    List<Expander> expanders,
    List<RootPort> ports,
    List<Integer> vsmmus,
    Map<String, String> driver,
    Map<Integer, GuestAddress> addresses,
    Map<Integer, Integer> busNrs,
    Set<Integer> freedPorts,
    Map<Integer, Map<String, String>> completed,
    List<Placement> placements) {

  /** For a domain that is as it should be, or not ours. */
  public static final Plan NOTHING =
      new Plan(
          List.of(), List.of(), List.of(), Map.of(), Map.of(), Map.of(), Set.of(), Map.of(),
          List.of());

  /**
   * A {@code pcie-expander-bus}. Where it is plugged into the root bus is libvirt's choice.
   *
   * @param index its index among the PCI controllers
   * @param busNr its first bus number
   * @param node the guest's NUMA cell that it belongs to; absent for none
   */
  public record Expander(int index, int busNr, @Nullable Integer node) {}

  /**
   * A {@code pcie-root-port}.
   *
   * @param index its index among the PCI controllers
   * @param address where it is plugged in; absent for libvirt's choice, which is the root bus
   */
  public record RootPort(int index, @Nullable GuestAddress address) {}

  /**
   * The devices of one physical SMMU.
   *
   * @param smmu its name in sysfs
   * @param bus index of the controller that its vSMMU translates for
   * @param devices their addresses on the host and in the guest; null while that is libvirt's
   *     choice
   */
  public record Placement(String smmu, int bus, Map<PciAddress, @Nullable GuestAddress> devices) {

    public Placement {
      devices = Collections.unmodifiableMap(new LinkedHashMap<>(devices));
    }
  }

  public Plan {
    expanders = List.copyOf(expanders);
    ports = List.copyOf(ports);
    vsmmus = List.copyOf(vsmmus);
    driver = Collections.unmodifiableMap(new LinkedHashMap<>(driver));
    addresses = Collections.unmodifiableMap(new LinkedHashMap<>(addresses));
    busNrs = Collections.unmodifiableMap(new LinkedHashMap<>(busNrs));
    freedPorts = Collections.unmodifiableSet(new LinkedHashSet<>(freedPorts));
    completed = Collections.unmodifiableMap(new LinkedHashMap<>(completed));
    placements = List.copyOf(placements);
  }
}
