package io.vsmmu.agent.binding;

import io.vsmmu.agent.state.StateFolder;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.PciFunction;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/** The functions that we moved to VFIO in this boot, kept on disk. */
final class OriginalDrivers {

  private final StateFolder<OriginalDriver> folder;
  private final String bootId;
  private final Map<PciAddress, OriginalDriver> known = new ConcurrentHashMap<>();

  private OriginalDrivers(StateFolder<OriginalDriver> folder, String bootId) {
    this.folder = folder;
    this.bootId = bootId;
  }

  /** Reads what is on disk and changes nothing. */
  static OriginalDrivers look(Path path, String bootId) throws IOException {
    var drivers = new OriginalDrivers(StateFolder.look(path, OriginalDriver.class), bootId);
    drivers.learn();
    return drivers;
  }

  /** Reads what is on disk; records of other boots are removed. */
  static OriginalDrivers open(Path path, String bootId) throws IOException {
    var drivers = new OriginalDrivers(StateFolder.open(path, OriginalDriver.class), bootId);
    for (var outdated : drivers.learn()) {
      drivers.folder.remove(outdated);
    }
    return drivers;
  }

  /** Takes in the records of this boot; the keys of the others. */
  private List<String> learn() throws IOException {
    var others = new ArrayList<String>();
    for (var entry : folder.all().entrySet()) {
      var address = PciAddress.tryParse(entry.getKey());
      if (address.isPresent() && entry.getValue().bootId().equals(bootId)) {
        known.put(address.get(), entry.getValue());
      } else {
        others.add(entry.getKey());
      }
    }
    return others;
  }

  /**
   * Remembers what {@code function} is like now, unless an earlier state is remembered and still
   * holds: one that is on another driver of the host by now was moved there by its owner, or is
   * another device in the same place.
   */
  void remember(PciFunction function) throws IOException {
    var earlier = known.get(function.address());
    if (earlier != null && (!isWithHost(function) || isOn(function, earlier))) {
      return;
    }
    var original = new OriginalDriver(bootId, function.driver(), function.driverOverride());
    folder.put(function.address().toString(), original);
    known.put(function.address(), original);
  }

  /**
   * Whether a driver of the host has it. Not all kernels show VFIO nodes, and all take them away
   * before the driver leaves the device, so that the name counts, too.
   */
  static boolean isWithHost(PciFunction function) {
    var driver = function.driver();
    return driver != null && !function.onVfio() && !driver.replace('-', '_').endsWith("vfio_pci");
  }

  private static boolean isOn(PciFunction function, OriginalDriver original) {
    return Objects.equals(function.driver(), original.driver());
  }

  void forget(PciAddress address) throws IOException {
    folder.remove(address.toString());
    known.remove(address);
  }

  Optional<OriginalDriver> of(PciAddress address) {
    return Optional.ofNullable(known.get(address));
  }

  Set<PciAddress> addresses() {
    return new TreeSet<>(known.keySet());
  }
}
