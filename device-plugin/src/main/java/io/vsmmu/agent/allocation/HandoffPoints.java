package io.vsmmu.agent.allocation;

import java.io.IOException;
import java.nio.file.Path;

/** The directories in which containers collect their devices, each with a listening socket. */
public interface HandoffPoints {

  /** Name of the socket in each directory. */
  String SOCKET = "handoff.sock";

  /**
   * Serves the hand-off of an allocation: when this returns, its socket listens. Called before
   * Allocate's answer goes out, and after a restart for every allocation in the ledger; a directory
   * that exists is taken over.
   *
   * @return the directory to mount
   * @throws IOException when the directory or socket cannot be made
   */
  Path open(HandoffOffer offer) throws IOException;

  /** Stops serving {@code allocation} and removes its directory. No-op when it is not served. */
  void close(String allocation);
}
