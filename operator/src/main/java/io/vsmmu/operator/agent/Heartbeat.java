package io.vsmmu.operator.agent;

import java.time.Duration;
import java.util.Optional;

/** What a node's lease tells of the agent there. */
public sealed interface Heartbeat {

  /** After how long to look again, for no event tells of a renewal or of its absence. */
  Optional<Duration> recheck();

  /** There is no lease: the agent never ran, or not under this name. */
  record Missing() implements Heartbeat {

    @Override
    public Optional<Duration> recheck() {
      return Optional.empty();
    }
  }

  /**
   * The lease was renewed lately.
   *
   * @param limit time without a renewal after which the agent counts as gone
   */
  record Beating(Duration limit) implements Heartbeat {

    @Override
    public Optional<Duration> recheck() {
      return Optional.of(limit.dividedBy(2));
    }
  }

  /**
   * The lease was not renewed in time.
   *
   * @param limit the time that has passed without a renewal, at least
   */
  record Silent(Duration limit) implements Heartbeat {

    @Override
    public Optional<Duration> recheck() {
      return Optional.of(limit.dividedBy(2));
    }
  }
}
