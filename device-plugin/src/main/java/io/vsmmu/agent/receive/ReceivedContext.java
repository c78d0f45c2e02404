package io.vsmmu.agent.receive;

import io.vsmmu.agent.allocation.HandoffManifest;
import io.vsmmu.iommufd.fdpass.OwnedFd;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * What the agent handed over.
 *
 * @param manifest what the descriptors lead to
 * @param fds the descriptors by their names in the manifest, in its order; close-on-exec set
 */
public record ReceivedContext(HandoffManifest manifest, SequencedMap<String, OwnedFd> fds)
    implements AutoCloseable {
  private static final String IOMMUFD = "iommufd";
  private static final String VFIO = "vfio:";

  public ReceivedContext {
    fds = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(fds));
  }

  static ReceivedContext of(HandoffManifest manifest, List<OwnedFd> descriptors) {
    var fds = new LinkedHashMap<String, OwnedFd>();
    for (int i = 0; i < descriptors.size(); i++) {
      fds.put(manifest.fds().get(i), descriptors.get(i));
    }
    return new ReceivedContext(manifest, fds);
  }

  /** The context. */
  OwnedFd iommufd() {
    return named(IOMMUFD);
  }

  /** A device of the manifest. */
  OwnedFd vfio(String pciAddress) {
    return named(VFIO + pciAddress);
  }

  /**
   * The descriptor of a name.
   *
   * @throws IllegalStateException when the manifest does not have it
   */
  public OwnedFd named(String name) {
    OwnedFd fd = fds.get(name);
    if (fd == null) {
      throw new IllegalStateException("the manifest names no descriptor " + name);
    }
    return fd;
  }

  /** Closes the descriptors that nobody took. */
  @Override
  public void close() {
    fds.values().forEach(OwnedFd::close);
  }
}
