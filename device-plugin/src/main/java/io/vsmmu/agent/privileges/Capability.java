package io.vsmmu.agent.privileges;

import java.util.Set;

/** Those of capabilities(7) that the agent has a use for. */
public enum Capability {
  /** Gives a device's node to the VMM's user. */
  CHOWN(0),
  /** Opens a node that belongs to the VMM's user. */
  DAC_OVERRIDE(1),
  /** Charges pinned memory to the process, and raises what a VMM may pin. */
  SYS_RESOURCE(24);

  private final int number;

  Capability(int number) {
    this.number = number;
  }

  /** As the kernel writes sets: bit n for capability n. */
  static long mask(Set<Capability> capabilities) {
    return capabilities.stream().mapToLong(each -> 1L << each.number).reduce(0, (a, b) -> a | b);
  }
}
