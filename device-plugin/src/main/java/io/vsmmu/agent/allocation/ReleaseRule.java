package io.vsmmu.agent.allocation;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Decides from kubelet's lists when a container no longer has its devices. Kubelet tells nobody
 * when devices come back; it lists what is assigned, some time after Allocate was answered.
 *
 * <ul>
 *   <li>A list that was asked for before Allocate was answered says nothing.
 *   <li>An allocation that was listed is over with the first list without it of the same run of
 *       kubelet: the containers of its pod have ended then, and kubelet never runs a pod twice.
 *   <li>One that another run of kubelet listed, or that a container collected before any list, is
 *       over when it has been missing for {@code settle}: a kubelet that just started reads its
 *       pods one after the other.
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
   * @param listedBy the run of kubelet whose list last had it
   * @param missingSince the first list without it after the last that had it
   * @param dropped whether that list was of the run that had listed it
   */
  record Sightings(
      Instant answered,
      boolean listed,
      Optional<String> listedBy,
      @Nullable Instant missingSince,
      boolean dropped) {

    /** Nothing was seen yet. */
    static Sightings none(Instant answered, boolean listed) {
      return new Sightings(answered, listed, Optional.empty(), null, false);
    }

    /** A container collected it: as good as a list that has it. */
    Sightings collected() {
      return new Sightings(answered, true, listedBy, null, false);
    }

    /** Adds a list that was asked for at {@code asked}, of a run of kubelet if that is known. */
    Sightings with(Instant asked, Optional<String> kubelet, boolean present) {
      if (asked.isBefore(answered)) {
        return this;
      }
      if (present) {
        return new Sightings(answered, true, kubelet, null, false);
      }
      return new Sightings(
          answered,
          listed,
          listedBy,
          missingSince == null ? asked : missingSince,
          dropped || kubelet.isPresent() && kubelet.equals(listedBy));
    }
  }

  boolean over(Sightings sightings, Instant now) {
    var since = sightings.missingSince();
    if (since == null) {
      return false;
    }
    return sightings.listed()
        ? sightings.dropped() || !now.isBefore(since.plus(settle))
        : !now.isBefore(sightings.answered().plus(grace));
  }
}
