package io.vsmmu.operator.webhook;

import java.time.Duration;
import java.util.Optional;

/** How the upkeep of the webhook went. */
public sealed interface Standing {

  /** After how long to look again, for no event tells of a certificate's age. */
  default Optional<Duration> recheck() {
    return Optional.empty();
  }

  /** Nobody wants it, and the API server asks nobody. */
  record Off() implements Standing {}

  /**
   * The API server asks it.
   *
   * @param recheck see above
   */
  record On(Optional<Duration> recheck) implements Standing {}

  /**
   * It is wanted and cannot be had.
   *
   * @param message why, and the cure
   */
  record Failed(String message) implements Standing {}
}
