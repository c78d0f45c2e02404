package io.vsmmu.agent.probe;

import io.vsmmu.iommufd.topology.PciAddress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Reads back whether a function answers on the bus. A read that nobody answers gives all ones (PCI
 * Express base specification, 2.3.2): so does a function that did not come back from its reset.
 */
public final class ConfigSpace {

  /**
   * Of the header, up to its type: some bit of it is zero in any function that answers. Vendor and
   * device alone do not tell: a virtual function has all ones there (Single Root I/O Virtualization
   * specification, 3.4.1.1).
   */
  private static final int LOOKED_AT = 16;

  private static final byte NOBODY = (byte) 0xff;

  private ConfigSpace() {}

  /**
   * Why a function cannot be reached; empty when it answers.
   *
   * @param sysfs {@code /sys}
   */
  public static Optional<Obstacle> silence(Path sysfs, PciAddress address) {
    var file = sysfs.resolve("bus/pci/devices").resolve(address.toString()).resolve("config");
    var header = ByteBuffer.allocate(LOOKED_AT);
    try (var config = FileChannel.open(file, StandardOpenOption.READ)) {
      while (header.hasRemaining() && config.read(header) > 0) {
        // Sysfs may give less than asked for.
      }
    } catch (IOException e) {
      return Optional.of(
          new Obstacle("ConfigSpaceUnreadable", address + " cannot be read back: " + e));
    }
    if (header.hasRemaining()) {
      return Optional.of(
          new Obstacle(
              "ConfigSpaceUnreadable",
              address + " cannot be read back: " + file + " is too short"));
    }
    return allOnes(header)
        ? Optional.of(
            new Obstacle(
                "NotAnswering",
                ("%s does not answer since its reset (its config space reads as 0xff) and is kept"
                        + " from use; it is tried again, or bring it back: echo 1 >"
                        + " /sys/bus/pci/devices/%s/remove; echo 1 > /sys/bus/pci/rescan")
                    .formatted(address, address)))
        : Optional.empty();
  }

  private static boolean allOnes(ByteBuffer header) {
    for (int at = 0; at < header.limit(); at++) {
      if (header.get(at) != NOBODY) {
        return false;
      }
    }
    return true;
  }
}
