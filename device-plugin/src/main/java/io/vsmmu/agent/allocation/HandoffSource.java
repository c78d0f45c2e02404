package io.vsmmu.agent.allocation;

/** Where the hand-off gets what it hands over. */
public interface HandoffSource {

  /**
   * Takes what was prepared for a container: one context with the devices of {@code allocation} and
   * of every other allocation that the container has. Makes it anew when the context is gone (the
   * agent restarted, or an earlier client took it and has ended). Only one client at a time can
   * have it. Blocks while devices are prepared, tens to hundreds of milliseconds each.
   *
   * @param collector who asks
   * @throws AllocationException when the allocation is unknown or released, another client is being
   *     served, or the devices are still open elsewhere
   */
  Handoff take(String allocation, Collector collector, HandoffProtocol protocol)
      throws AllocationException;

  /** Whether an allocation waits for its container: it is prepared, and nobody has collected it. */
  boolean isAwaited(String allocation);
}
