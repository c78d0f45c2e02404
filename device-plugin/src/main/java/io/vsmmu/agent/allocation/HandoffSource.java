package io.vsmmu.agent.allocation;

import org.jspecify.annotations.Nullable;

/** Where the hand-off gets what it hands over. */
public interface HandoffSource {

  /**
   * Takes what was prepared for {@code allocation}; prepares it anew when the context is gone (the
   * agent restarted, or an earlier client took it and has ended). Only one client at a time can
   * have it. Blocks while devices are prepared, tens to hundreds of milliseconds each.
   *
   * @param peer who asks, as far as known
   * @throws AllocationException when the allocation is unknown or released, another client is being
   *     served, or the devices are still open elsewhere
   */
  Handoff take(String allocation, @Nullable PodContainer peer) throws AllocationException;
}
