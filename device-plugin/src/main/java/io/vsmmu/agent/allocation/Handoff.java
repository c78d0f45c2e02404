package io.vsmmu.agent.allocation;

import java.util.List;

/**
 * A prepared context on its way to a container. Closing it closes every file descriptor that the
 * agent holds of it, acknowledged or not: a client that got the descriptors and did not acknowledge
 * may have changed what they lead to, so the next one gets a fresh context.
 */
public interface Handoff extends AutoCloseable {

  /** What is handed over. */
  HandoffManifest manifest();

  /**
   * Open descriptors in the order of {@link HandoffManifest#fds()}. They stay the property of this
   * object.
   */
  List<Integer> descriptors();

  /** The client has everything: records it and closes the agent's copies. */
  void acknowledged();

  @Override
  void close();
}
