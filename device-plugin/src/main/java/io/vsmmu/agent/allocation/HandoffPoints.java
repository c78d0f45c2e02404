package io.vsmmu.agent.allocation;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/** The directories in which containers collect their devices, each with a listening socket. */
public interface HandoffPoints {

  /** Name of the socket in each directory. */
  String SOCKET = "handoff.sock";

  /** Name of KubeVirt's socket in a directory that offers it. */
  String KUBEVIRT_SOCKET = "iommufd.sock";

  /**
   * Serves the hand-off of an allocation: when this returns, its sockets listen. Called before
   * Allocate's answer goes out, and after a restart for every allocation in the ledger; a directory
   * that exists is taken over.
   *
   * @return the directory to mount
   * @throws IOException when the directory or socket cannot be made
   */
  Path open(HandoffOffer offer) throws IOException;

  /** Stops serving {@code allocation} and removes its directory. No-op when it is not served. */
  void close(String allocation);

  /** Removes the directories of all but these allocations, as a killed agent may leave them. */
  void removeAllBut(Set<String> allocations);
}
