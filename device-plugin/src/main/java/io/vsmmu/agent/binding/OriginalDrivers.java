package io.vsmmu.agent.binding;

import io.vsmmu.agent.state.StateFolder;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.PciFunction;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
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

  /** Reads what is on disk; records of other boots are removed. */
  static OriginalDrivers open(Path path, String bootId) throws IOException {
    var drivers = new OriginalDrivers(StateFolder.open(path, OriginalDriver.class), bootId);
    for (var entry : drivers.folder.all().entrySet()) {
      var address = PciAddress.tryParse(entry.getKey());
      if (address.isPresent() && entry.getValue().bootId().equals(bootId)) {
        drivers.known.put(address.get(), entry.getValue());
      } else {
        drivers.folder.remove(entry.getKey());
      }
    }
    return drivers;
  }

  /** Remembers what {@code function} is like now, unless an earlier state is remembered. */
  void remember(PciFunction function) throws IOException {
    if (known.containsKey(function.address())) {
      return;
    }
    var original = new OriginalDriver(bootId, function.driver(), function.driverOverride());
    folder.put(function.address().toString(), original);
    known.put(function.address(), original);
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
