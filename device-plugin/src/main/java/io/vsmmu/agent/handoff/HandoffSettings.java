package io.vsmmu.agent.handoff;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How hand-offs are served.
 *
 * @param folder on the host, absolute; only its owner can enter it, and each allocation's directory
 *     in it is mounted into one container
 * @param exchange how long a client may take from the first byte of the manifest to its
 *     acknowledgement
 * @param memlock what the client's process is allowed to pin
 */
public record HandoffSettings(Path folder, Duration exchange, MemlockLimit memlock) {

  private static final Duration EXCHANGE = Duration.ofSeconds(30);

  /** The usual settings in a folder. */
  public static HandoffSettings in(Path folder) {
    return new HandoffSettings(folder, EXCHANGE, MemlockLimit.UNLIMITED);
  }
}
