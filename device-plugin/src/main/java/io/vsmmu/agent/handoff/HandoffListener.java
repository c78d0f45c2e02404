package io.vsmmu.agent.handoff;

import io.vsmmu.agent.allocation.HandoffProtocol;
import java.time.Duration;

/** Told how every client's visit ended. Called by many threads at once; must return quickly. */
public interface HandoffListener {

  /** Nobody wants to know. */
  HandoffListener NONE = (protocol, outcome, took) -> {};

  /** How a visit ended. */
  enum Outcome {
    /** The client has everything and said so. */
    HANDED,
    /** The client is not the container that the devices belong to, or cannot be shown to be. */
    STRANGER,
    /** There was nothing to hand over: released, being handed to another, or the kernel refused. */
    UNAVAILABLE,
    /** The connection broke, or the client was too slow. */
    BROKEN_OFF,
    /** The client said something else than an acknowledgement, or nothing. */
    NOT_ACKNOWLEDGED,
    /** Too many clients at once. */
    SENT_AWAY
  }

  /**
   * A visit has ended.
   *
   * @param took from the connection to its end
   */
  void ended(HandoffProtocol protocol, Outcome outcome, Duration took);
}
