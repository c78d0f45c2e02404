package io.vsmmu.iommufd.topology;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Writes sysfs attributes. The write is synchronous: when it returns, the kernel has acted, and a
 * fresh read of the tree shows what came of it.
 */
public interface Sysfs {

  /** The folder that attributes are relative to, {@code /sys} on a real node. */
  Path root();

  /**
   * Writes {@code value} to {@code attribute} in one write.
   *
   * @param attribute path below {@link #root()}, such as {@code bus/pci/drivers_probe}
   * @throws IOException when the attribute is missing or the kernel refuses the value; the message
   *     names the attribute, the value and the cause
   */
  void write(String attribute, String value) throws IOException;

  /** Sysfs below {@code root}, written as files. */
  static Sysfs at(Path root) {
    return new FileSysfs(root);
  }
}
