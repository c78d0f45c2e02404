package io.vsmmu.iommufd.topology;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Tells when a node's PCI functions, their drivers or their VFIO nodes may have changed. Not every
 * change is told (events can be lost), and not every call means one: look again, and look once in a
 * while without being called.
 */
public interface TopologyChanges {

  /**
   * Starts to watch.
   *
   * @param changed called from a thread of the watch; must return quickly
   * @throws IOException when nothing can be watched at all; the message says what to do
   */
  Watch watch(Runnable changed) throws IOException;

  /** A watch that is under way. */
  interface Watch extends AutoCloseable {

    /**
     * Ends it; what was to be called is not called after that returns. Not to be called from there.
     */
    @Override
    void close();
  }

  /**
   * Changes of a tree like sysfs on a file system that tells of its own changes, such as that of a
   * simulated node. The kernel's sysfs tells nothing this way.
   *
   * @param sysfsRoot the tree's {@code /sys}
   */
  static TopologyChanges ofTree(Path sysfsRoot) {
    return changed -> TreeWatch.start(sysfsRoot, changed);
  }
}
