package io.vsmmu.agent.allocation;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Decides from kubelet's lists when a container no longer has its devices. Kubelet tells nobody
 * when devices come back; it lists what is assigned, some time after Allocate was answered.
 *
 * <ul>
 *   <li>A list that was asked for before Allocate was answered says nothing.
 *   <li>An allocation that was listed is over when it has been missing for {@code settle}: a
 *       kubelet that just started lists nothing before it has read its pods. One that a container
 *       collected counts as listed: its pod may be gone before the first list.
 *   <li>One that was never listed is over after {@code grace}: its pod was refused, or kubelet
 *       never got the answer. Until then kubelet may still be about to list it.
 * </ul>
 *
 * @param settle how long it must be missing after it was listed
 * @param grace how long to wait for it to be listed
 */
record ReleaseRule(Duration settle, Duration grace) {

  static final ReleaseRule DEFAULT = new ReleaseRule(Duration.ofSeconds(5), Duration.ofMinutes(1));

  /**
   * What the lists have said so far.
   *
   * @param answered when Allocate was answered, or the agent restarted
   * @param listed whether any list had it
   * @param missingSince the first list without it after the last that had it
   */
  record Sightings(Instant answered, boolean listed, @Nullable Instant missingSince) {

    /** Nothing was seen yet. */
    static Sightings none(Instant answered, boolean listed) {
      return new Sightings(answered, listed, null);
    }

    /** A container collected it: as good as a list that has it. */
    Sightings collected() {
      return new Sightings(answered, true, null);
    }

    /** Adds a list that was asked for at {@code asked}. */
    Sightings with(Instant asked, boolean present) {
      if (asked.isBefore(answered)) {
        return this;
      }
      if (present) {
        return new Sightings(answered, true, null);
      }
      return missingSince == null ? new Sightings(answered, listed, asked) : this;
    }
  }

  boolean over(Sightings sightings, Instant now) {
    var since = sightings.missingSince();
    if (since == null) {
      return false;
    }
    return sightings.listed()
        ? !now.isBefore(since.plus(settle))
        : !now.isBefore(sightings.answered().plus(grace));
  }
}
