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
 * @param drain how long after it was opened a KubeVirt socket that nobody has used yet is waited
 *     for when the agent stops: an agent that starts later cannot serve it
 * @param memlock what the client's process is allowed to pin
 */
public record HandoffSettings(
    Path folder, Duration exchange, Duration drain, MemlockPolicy memlock) {

  private static final Duration EXCHANGE = Duration.ofSeconds(30);

  /** Virt-launcher connects 20 to 35 s after Allocate; the pod's grace is a minute. */
  private static final Duration DRAIN = Duration.ofSeconds(45);

  /** The usual settings in a folder. */
  public static HandoffSettings in(Path folder, MemlockPolicy memlock) {
    return new HandoffSettings(folder, EXCHANGE, DRAIN, memlock);
  }
}
