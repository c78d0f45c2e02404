package io.vsmmu.agent.probe;

import io.vsmmu.iommufd.topology.PciAddress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Reads back whether a function answers on the bus. A read that nobody answers gives all ones (PCI
 * Express base specification, 2.3.2): so does a function that did not come back from its reset.
 */
public final class ConfigSpace {

  private static final int NOBODY = 0xffff_ffff;

  private ConfigSpace() {}

  /**
   * Why a function cannot be reached; empty when it answers.
   *
   * @param sysfs {@code /sys}
   */
  public static Optional<Obstacle> silence(Path sysfs, PciAddress address) {
    var file = sysfs.resolve("bus/pci/devices").resolve(address.toString()).resolve("config");
    // Vendor and device id.
    var ids = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    try (var config = FileChannel.open(file, StandardOpenOption.READ)) {
      while (ids.hasRemaining() && config.read(ids) > 0) {
        // Sysfs may give less than asked for.
      }
    } catch (IOException e) {
      return Optional.of(
          new Obstacle("ConfigSpaceUnreadable", address + " cannot be read back: " + e));
    }
    if (ids.hasRemaining()) {
      return Optional.of(
          new Obstacle(
              "ConfigSpaceUnreadable",
              address + " cannot be read back: " + file + " is too short"));
    }
    return ids.getInt(0) == NOBODY
        ? Optional.of(
            new Obstacle(
                "NotAnswering",
                ("%s does not answer since its reset (its config space reads as 0xff) and is kept"
                        + " from use; it is tried again, or bring it back: echo 1 >"
                        + " /sys/bus/pci/devices/%s/remove; echo 1 > /sys/bus/pci/rescan")
                    .formatted(address, address)))
        : Optional.empty();
  }
}
