package io.vsmmu.operator.kubevirt;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/**
 * How often somebody took our entries out of KubeVirt's list again. Who does so time and again is
 * an operator with a source of its own, against which there is no winning.
 *
 * @param reverts when it happened, of late
 */
record Contest(List<Instant> reverts) {

  static final Contest NONE = new Contest(List.of());

  /** Reverts after which we give in. */
  private static final int LIMIT = 3;

  /** Time after which a revert is forgotten: a person's edit now and then is no contest. */
  private static final Duration MEMORY = Duration.ofMinutes(10);

  /** Time after the last revert after which it is worth another try: the source may be another. */
  private static final Duration TRUCE = Duration.ofHours(1);

  Contest {
    reverts = List.copyOf(reverts);
  }

  Contest revertedAt(Instant now) {
    return new Contest(
        Stream.concat(
                reverts.stream().filter(revert -> revert.plus(MEMORY).isAfter(now)), Stream.of(now))
            .toList());
  }

  boolean isLost(Instant now) {
    return reverts.size() >= LIMIT && now.isBefore(reverts.getLast().plus(TRUCE));
  }
}
