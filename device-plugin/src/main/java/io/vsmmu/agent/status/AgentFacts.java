package io.vsmmu.agent.status;

import io.vsmmu.agent.allocation.Allocation;
import io.vsmmu.agent.inventory.NodeReport;
import java.util.List;
import java.util.SortedMap;

/**
 * All that the agent reports on.
 *
 * @param report the node and its devices
 * @param allocations what containers have
 * @param registrations how each advertised resource stands with kubelet
 */
public record AgentFacts(
    NodeReport report,
    List<Allocation> allocations,
    SortedMap<String, Registration> registrations) {

  /**
   * How a resource stands with kubelet.
   *
   * @param registered whether kubelet knows its devices
   * @param reason one CamelCase word
   * @param message the reason in a sentence
   */
  public record Registration(boolean registered, String reason, String message) {}
}
