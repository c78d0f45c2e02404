package io.vsmmu.operator.kubevirt;

import static java.net.HttpURLConnection.HTTP_CONFLICT;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.vsmmu.operator.watch.Denials;
import java.time.Clock;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps our entries in KubeVirt's list, which is atomic: it is read, changed and written as a
 * whole, and the write counts only if nobody was quicker.
 */
final class PermitKeeper {

  private static final Logger log = LoggerFactory.getLogger(PermitKeeper.class);

  private static final int ATTEMPTS = 5;

  private final KubeVirtObjects objects;
  private final Clock clock;

  private Set<Permit> written = Set.of();
  private Contest contest = Contest.NONE;
  private @Nullable Set<Permit> givenUp;
  private @Nullable Refusal refusal;

  /**
   * A keeper.
   *
   * @param clock dates reverts
   */
  PermitKeeper(KubeVirtObjects objects, Clock clock) {
    this.objects = objects;
    this.clock = clock;
  }

  /**
   * Brings the list to what is wanted, unless it is.
   *
   * @param cached the object as a cache has it, which may be behind
   * @param wishes what the VSmmu objects together ask for; worked out while nobody else writes, so
   *     that who comes last knows of everything
   * @throws KubernetesClientException if the API server does not answer, or others write to the
   *     object all the time
   */
  synchronized Upkeep keep(GenericKubernetesResource cached, Supplier<Set<Permit>> wishes) {
    Set<Permit> wanted = wishes.get();
    Installation seen = Installation.of(cached);
    if (PermitPlan.of(seen, wanted).isEmpty()) {
      settled();
      return new Upkeep.Kept();
    }
    if (wanted.equals(givenUp) && contest.isLost(clock.instant())) {
      return givenUpTo(seen);
    }
    Refusal asked = new Refusal(cached.getMetadata().getResourceVersion(), wanted, "");
    if (refusal != null && refusal.isOf(asked)) {
      return new Upkeep.Refused(refusal.message());
    }
    try {
      return write(cached, wanted);
    } catch (KubernetesClientException e) {
      if (!Denials.isFinal(e)) {
        throw e;
      }
      refusal = asked.saying(String.valueOf(e.getMessage()));
      log.warn("{}: permittedHostDevices cannot be changed", seen.title(), e);
      return new Upkeep.Refused(refusal.message());
    }
  }

  private Upkeep write(GenericKubernetesResource cached, Set<Permit> wanted) {
    for (int attempt = 1; ; attempt++) {
      GenericKubernetesResource fresh = objects.read(cached);
      if (fresh == null) {
        return new Upkeep.Kept();
      }
      Installation kubevirt = Installation.of(fresh);
      Optional<PermitPlan> plan = PermitPlan.of(kubevirt, wanted);
      if (plan.isEmpty()) {
        return new Upkeep.Kept();
      }
      noteRevert(kubevirt, wanted);
      boolean lost = contest.isLost(clock.instant());
      try {
        // What others will put into the list instead of us is theirs: no record of ours stays.
        objects.write(
            fresh, kubevirt, lost ? new PermitPlan(kubevirt.permitted(), Set.of()) : plan.get());
      } catch (KubernetesClientException e) {
        if (e.getCode() == HTTP_CONFLICT && attempt < ATTEMPTS) {
          continue;
        }
        throw e;
      }
      if (lost) {
        givenUp = wanted;
        return givenUpTo(kubevirt);
      }
      // Those of others that say the same are theirs to change.
      written = plan.get().recorded();
      log.info("{}: permitted {}", kubevirt.title(), plan.get().recorded());
      return new Upkeep.Kept();
    }
  }

  private void noteRevert(Installation kubevirt, Set<Permit> wanted) {
    Set<Permit> there = kubevirt.externalPermits();
    boolean reverted =
        written.stream().anyMatch(permit -> wanted.contains(permit) && !there.contains(permit));
    if (reverted) {
      contest = contest.revertedAt(clock.instant());
      written = Set.of();
      log.warn(
          "{}: somebody took our entries out of permittedHostDevices, or made them KubeVirt's own;"
              + " others that write: {}",
          kubevirt.title(),
          kubevirt.writers());
    }
  }

  private void settled() {
    refusal = null;
    if (givenUp != null) {
      givenUp = null;
      contest = Contest.NONE;
    }
  }

  private static Upkeep givenUpTo(Installation kubevirt) {
    return new Upkeep.GivenUp(kubevirt.writers());
  }

  /**
   * A change that the API server refused; it is not asked again for the same.
   *
   * @param resourceVersion of the object that was to be changed
   * @param wanted the change
   * @param message the answer
   */
  private record Refusal(String resourceVersion, Set<Permit> wanted, String message) {

    boolean isOf(Refusal asked) {
      return resourceVersion.equals(asked.resourceVersion) && wanted.equals(asked.wanted);
    }

    Refusal saying(String answer) {
      return new Refusal(resourceVersion, wanted, answer);
    }
  }
}
