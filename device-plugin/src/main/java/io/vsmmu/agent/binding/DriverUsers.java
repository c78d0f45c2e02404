package io.vsmmu.agent.binding;

import io.vsmmu.iommufd.topology.PciAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * Tells whether programs have a driver open whose functions they use by files, such as a GPU's. The
 * kernel counts them per module: one that is in use keeps the others on the same driver. A driver
 * that is built into the kernel has no such count.
 *
 * <p>Storage and networks are {@link InUse}'s, which tells one device from another.
 */
final class DriverUsers {

  /** Base classes of PCI (PCI Code and ID Assignment, part 1): storage, network. */
  private static final Set<String> OTHERS = Set.of("0x01", "0x02");

  private static final int BASE_CLASS = "0x01".length();

  private final Path devices;

  DriverUsers(Path sysfs) {
    this.devices = sysfs.resolve("bus/pci/devices");
  }

  /**
   * Who uses the driver of {@code address}, as a sentence with its cure; empty when nobody does.
   *
   * @throws IOException when that cannot be told
   */
  Optional<String> of(PciAddress address) throws IOException {
    var device = devices.resolve(address.toString());
    var module = device.resolve("driver/module");
    try {
      if (Files.isDirectory(device.resolve("vfio-dev"))
          || OTHERS.contains(Files.readString(device.resolve("class")).substring(0, BASE_CLASS))) {
        return Optional.empty();
      }
      // Modules that build on it are counted too, once each.
      long users =
          Long.parseLong(Files.readString(module.resolve("refcnt")).strip())
              - holders(module.resolve("holders"));
      return users > 0
          ? Optional.of(
              "programs have its driver open (module %s, %d times); end them, or have it on vfio-pci"
                      .formatted(module.toRealPath().getFileName(), users)
                  + " before they start")
          : Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  private static long holders(Path folder) throws IOException {
    try (var holders = Files.list(folder)) {
      return holders.count();
    }
  }
}
