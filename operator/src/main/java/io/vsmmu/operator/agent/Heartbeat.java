package io.vsmmu.operator.agent;

import java.time.Duration;

/** What a node's lease tells of the agent there. */
public sealed interface Heartbeat {

  /** There is no lease: the agent never ran, or not under this name. */
  record Missing() implements Heartbeat {}

  /**
   * The lease was renewed lately.
   *
   * @param limit time without a renewal after which the agent counts as gone
   */
  record Beating(Duration limit) implements Heartbeat {}

  /**
   * The lease was not renewed in time.
   *
   * @param silence time for which the operator has seen no renewal
   */
  record Silent(Duration silence) implements Heartbeat {}
}
