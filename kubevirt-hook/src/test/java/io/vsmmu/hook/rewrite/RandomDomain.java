package io.vsmmu.hook.rewrite;

import io.vsmmu.hook.plan.HostFunctions;
import io.vsmmu.hook.plan.Overrides;
import io.vsmmu.iommufd.topology.NodeTopology;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.PciFunction;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A domain and a node, from a seed: up to eight devices behind up to four SMMUs or none, expanders
 * with some of them, hotplug ports, NUMA cells, buses that devices ask for; in any order.
 */
final class RandomDomain {

  private static final int FIRST_WISH = 0x40;

  private final Random random;
  private final List<PciFunction> node = new ArrayList<>();
  private final List<String> devices = new ArrayList<>();
  private final Set<Integer> indexes = new HashSet<>(Set.of(0));
  private int nextRootSlot = 1;
  private int nextWish = FIRST_WISH;
  private int lowestBusNr = 256;
  private final int cells;

  RandomDomain(long seed) {
    random = new Random(seed);
    cells = random.nextInt(3);
    int smmus = 1 + random.nextInt(4);
    int hotplugPorts = random.nextInt(6);
    for (int i = 0; i < hotplugPorts; i++) {
      port(index(), "0x00", nextRootSlot++);
    }
    List<Integer> unplaced = new ArrayList<>();
    int count = random.nextInt(9);
    for (int i = 0; i < count; i++) {
      function(i, random.nextInt(5) == 0 ? -1 : random.nextInt(smmus));
      unplaced.add(i);
    }
    Collections.shuffle(unplaced, random);
    int expanders = random.nextInt(3);
    for (int i = 0; i < expanders; i++) {
      int inside = random.nextInt(unplaced.size() + 1);
      expander(unplaced.subList(0, inside));
      unplaced.subList(0, inside).clear();
    }
    for (int device : unplaced) {
      hostdev(device, random.nextInt(6) == 0 ? nextWish++ : null);
    }
    int nics = random.nextInt(3);
    for (int i = 0; i < nics; i++) {
      devices.add("<interface type='user'/>");
    }
    Collections.shuffle(devices, random);
  }

  String xml() {
    var numa = new StringBuilder();
    if (cells > 0) {
      numa.append("<numatune>");
      for (int i = 0; i < cells; i++) {
        numa.append("<memnode cellid='%d' mode='strict' nodeset='%d'/>".formatted(i, i));
      }
      numa.append("</numatune><cpu><numa>");
      for (int i = 0; i < cells; i++) {
        numa.append("<cell id='%d' cpus='%d' memory='1048576'/>".formatted(i, i));
      }
      numa.append("</numa></cpu>");
    }
    var space = random.nextBoolean() ? "" : "\n    ";
    return "<domain type='kvm'><name>vm</name><memory>1048576</memory>"
        + numa
        + "<os><type arch='aarch64' machine='virt'>hvm</type></os>"
        + "<iommufd enabled='yes'/><devices>"
        + space
        + String.join(space, devices)
        + "</devices></domain>";
  }

  HostFunctions node() {
    return HostFunctions.of(NodeTopology.of(node, List.of(), List.of()));
  }

  Overrides overrides() {
    return new Overrides(
        onOff(),
        onOff(),
        random.nextBoolean() ? null : 48,
        random.nextBoolean() ? null : 16,
        onOff());
  }

  private @Nullable Boolean onOff() {
    return switch (random.nextInt(3)) {
      case 0 -> true;
      case 1 -> false;
      default -> null;
    };
  }

  private void function(int device, int smmu) {
    node.add(
        new PciFunction(
            address(device),
            0x8086,
            0x10d3,
            0x020000,
            "vfio-pci",
            null,
            device,
            random.nextInt(3) == 0 ? null : random.nextInt(2),
            smmu < 0 ? null : "smmu3.0x%016x".formatted(smmu),
            null,
            null,
            null,
            List.of(),
            List.of(),
            List.of(),
            List.of()));
  }

  private static PciAddress address(int device) {
    return new PciAddress(0, device / 2 + 1, 0, device % 2);
  }

  private void expander(List<Integer> inside) {
    int expander = index();
    int spare = random.nextInt(3) == 0 ? 1 : 0;
    int bridges = Math.max(1, inside.size() + spare);
    lowestBusNr -= bridges + 1 + random.nextInt(3);
    devices.add(
        "<controller type='pci' index='%d' model='pcie-expander-bus'><target busNr='%d'/></controller>"
            .formatted(expander, lowestBusNr));
    for (int slot = 0; slot < inside.size(); slot++) {
      int port = index();
      port(port, "0x%02x".formatted(expander), slot);
      hostdev(inside.get(slot), port);
    }
    if (spare > 0) {
      port(index(), "0x%02x".formatted(expander), inside.size());
    }
  }

  /** Ascending, as QEMU wants of what is plugged into each other, and sometimes with a gap. */
  private int index() {
    int index = Collections.max(indexes) + 1 + (random.nextInt(4) == 0 ? 1 : 0);
    indexes.add(index);
    return index;
  }

  private void port(int index, String bus, int slot) {
    devices.add(
        "<controller type='pci' index='%d' model='pcie-root-port'><address type='pci' domain='0x0000' bus='%s' slot='0x%02x' function='0x0'/></controller>"
            .formatted(index, bus, slot));
  }

  private void hostdev(int device, @Nullable Integer bus) {
    var host = address(device);
    devices.add(
        "<hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x%02x' slot='0x00' function='0x%x'/></source>%s</hostdev>"
            .formatted(
                host.bus(),
                host.function(),
                bus == null
                    ? ""
                    : "<address type='pci' domain='0x0000' bus='0x%02x' slot='0x00' function='0x0'/>"
                        .formatted(bus)));
  }
}
