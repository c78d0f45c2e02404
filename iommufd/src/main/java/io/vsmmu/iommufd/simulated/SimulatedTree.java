package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.kernel.KernelException;
import io.vsmmu.iommufd.topology.Sysfs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The files of a simulated machine: a sysfs tree in {@code FOLDER/sys} that follows the drivers of
 * its devices, and placeholders in {@code FOLDER/dev} where the machine has device nodes. Writes to
 * sysfs attributes go through {@link #write}, which acts on the machine before it returns; plain
 * writes to the files have no effect. Safe for use by several threads.
 */
public final class SimulatedTree implements Sysfs {

  private static final Pattern OVERRIDE =
      Pattern.compile("bus/pci/devices/([^/]+)/driver_override");
  private static final Pattern DEVICE_UNBIND =
      Pattern.compile("bus/pci/devices/[^/]+/driver/unbind");
  private static final Pattern DRIVER_UNBIND = Pattern.compile("bus/pci/drivers/[^/]+/unbind");
  private static final String PROBE = "bus/pci/drivers_probe";
  private static final String NO_OVERRIDE = "(null)";

  private final Path folder;
  private final SimulatedMachine machine;
  private final Map<String, String> overrides = new HashMap<>();
  private final Map<String, Lock> locks = new ConcurrentHashMap<>();

  /**
   * Writes the tree of {@code machine} as it is now.
   *
   * @param folder an empty folder
   * @throws IOException when the files cannot be made
   */
  public SimulatedTree(Path folder, SimulatedMachine machine) throws IOException {
    this.folder = folder;
    this.machine = machine;
    new TreeWriter(root()).write(machine.node());
    Files.createDirectories(dev().resolve("vfio/devices"));
    PlaceholderNodes.create(dev().resolve("iommu"));
    PlaceholderNodes.create(dev().resolve("vfio/vfio"));
    for (var device : machine.node().devices()) {
      follow(device);
    }
  }

  @Override
  public Path root() {
    return folder.resolve("sys");
  }

  /** Stands for {@code /dev}. */
  public Path dev() {
    return folder.resolve("dev");
  }

  /** Waits while another write to the same device is under way, as its lock in the kernel makes. */
  @Override
  public void write(String attribute, String value) throws IOException {
    var override = OVERRIDE.matcher(attribute);
    var device = known(override.matches() ? override.group(1) : value.strip(), attribute);
    var lock = locks.computeIfAbsent(device.pciAddress(), address -> new ReentrantLock());
    lock.lock();
    try {
      if (override.matches()) {
        override(device, value.strip());
      } else if (attribute.equals(PROBE)) {
        probe(device);
      } else if (DEVICE_UNBIND.matcher(attribute).matches()
          || DRIVER_UNBIND.matcher(attribute).matches()) {
        hideNode(device);
        machine.bindDriver(device.pciAddress(), null);
        follow(device);
      } else {
        throw new IOException(refusal(attribute, value) + "no such attribute");
      }
    } catch (KernelException e) {
      throw new IOException(refusal(attribute, value) + e.errno(), e);
    } finally {
      lock.unlock();
    }
  }

  private synchronized void override(SimulatedDevice device, String driver) throws IOException {
    if (driver.isEmpty()) {
      overrides.remove(device.pciAddress());
    } else {
      overrides.put(device.pciAddress(), driver);
    }
    Files.writeString(
        device(device).resolve("driver_override"),
        (driver.isEmpty() ? NO_OVERRIDE : driver) + "\n");
  }

  /** As the kernel does: no-op for a device that has a driver, or that no driver takes. */
  private void probe(SimulatedDevice device) throws IOException {
    if (machine.driver(device.pciAddress()).isPresent()) {
      return;
    }
    var driver =
        overrideOf(device)
            .or(() -> Optional.ofNullable(hostDriver(device)))
            .filter(name -> Files.isDirectory(root().resolve("bus/pci/drivers").resolve(name)));
    if (driver.isPresent()) {
      machine.bindDriver(device.pciAddress(), driver.get());
      follow(device);
    }
  }

  private synchronized Optional<String> overrideOf(SimulatedDevice device) {
    return Optional.ofNullable(overrides.get(device.pciAddress()));
  }

  private static @Nullable String hostDriver(SimulatedDevice device) {
    return SimulatedNode.VFIO_PCI.equals(device.driver()) ? null : device.driver();
  }

  /** Makes links and nodes say which driver the device is on. */
  private synchronized void follow(SimulatedDevice device) throws IOException {
    var place = device(device);
    var driver = machine.driver(device.pciAddress());
    Files.deleteIfExists(place.resolve("driver"));
    if (driver.isPresent()) {
      Files.createSymbolicLink(
          place.resolve("driver"), Path.of("../../../bus/pci/drivers", driver.get()));
    }
    var node = dev().resolve("vfio/devices").resolve(device.cdev());
    var group = dev().resolve("vfio").resolve(Integer.toString(device.group()));
    var vfio = place.resolve("vfio-dev");
    if (driver.filter(SimulatedNode::isVfioDriver).isPresent()) {
      Files.createDirectories(vfio.resolve(device.cdev()));
      PlaceholderNodes.create(node);
      if (!Files.exists(group)) {
        PlaceholderNodes.create(group);
      }
    } else {
      hideNode(device);
      if (!groupOnVfio(device.group())) {
        Files.deleteIfExists(group);
      }
    }
  }

  /** What a VFIO driver does first when it is to leave a device: it can be opened no more. */
  private synchronized void hideNode(SimulatedDevice device) throws IOException {
    var vfio = device(device).resolve("vfio-dev");
    Files.deleteIfExists(vfio.resolve(device.cdev()));
    Files.deleteIfExists(vfio);
    Files.deleteIfExists(dev().resolve("vfio/devices").resolve(device.cdev()));
  }

  private boolean groupOnVfio(int group) {
    return machine.node().devices().stream()
        .filter(device -> device.group() == group)
        .anyMatch(device ->
            machine.driver(device.pciAddress()).filter(SimulatedNode::isVfioDriver).isPresent());
  }

  private Path device(SimulatedDevice device) {
    return root().resolve(TreeWriter.place(device));
  }

  private SimulatedDevice known(String pciAddress, String attribute) throws IOException {
    return machine.node().devices().stream()
        .filter(device -> device.pciAddress().equals(pciAddress))
        .findFirst()
        .orElseThrow(() -> new IOException(refusal(attribute, pciAddress) + "ENODEV"));
  }

  private String refusal(String attribute, String value) {
    return "cannot write '%s' to %s: ".formatted(value, root().resolve(attribute));
  }
}
