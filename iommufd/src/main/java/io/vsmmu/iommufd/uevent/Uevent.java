package io.vsmmu.iommufd.uevent;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Optional;
import java.util.Set;

/**
 * A change that the kernel tells.
 *
 * @param action {@code add}, {@code remove}, {@code bind}, {@code unbind}, {@code change}, …
 * @param devicePath the object's folder below {@code /sys}, with a leading slash
 * @param subsystem what kind of object it is
 */
record Uevent(String action, String devicePath, String subsystem) {

  private static final Set<String> OF_TOPOLOGY = Set.of("pci", "vfio-dev", "iommu", "drivers");

  /**
   * Reads a message: {@code ACTION@DEVPATH}, then {@code KEY=VALUE} strings, each ended by a zero
   * byte. Empty for what is no message of the kernel's, such as one of udev's.
   */
  static Optional<Uevent> parse(byte[] message) {
    var strings = new String(message, StandardCharsets.ISO_8859_1).split("\0");
    var values = new HashMap<String, String>();
    for (int i = 1; i < strings.length; i++) {
      int equals = strings[i].indexOf('=');
      if (equals > 0) {
        values.put(strings[i].substring(0, equals), strings[i].substring(equals + 1));
      }
    }
    var action = values.get("ACTION");
    var path = values.get("DEVPATH");
    return action == null || path == null || !strings[0].equals(action + "@" + path)
        ? Optional.empty()
        : Optional.of(new Uevent(action, path, values.getOrDefault("SUBSYSTEM", "")));
  }

  /** Whether it can be about what topology shows: a function, a VFIO node, a driver. */
  boolean ofTopology() {
    return OF_TOPOLOGY.contains(subsystem);
  }
}
