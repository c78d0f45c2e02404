package io.vsmmu.agent.status;

import io.vsmmu.api.v1alpha1.VSmmuStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the agent has written into the status, and whether it has to write again. Transitions are
 * dated by that, not by what the watch shows: the watch may be behind, and who believed it would
 * write the one time and the other in turn for as long as it is.
 */
final class OwnStatus {

  /** What others wrote over it is put right then; to write the same again changes no object. */
  static final Duration REPEAT = Duration.ofMinutes(5);

  private final StatusComposer composer;
  private @Nullable Written last;

  private record Written(String uid, VSmmuStatus status, Instant at) {

    boolean isOf(VSmmuView vsmmu) {
      return uid.equals(vsmmu.uid());
    }
  }

  /** Nothing was written yet. */
  OwnStatus(StatusComposer composer) {
    this.composer = composer;
  }

  /** The status that the facts call for; empty when the object has just had it by us. */
  Optional<VSmmuStatus> change(VSmmuView vsmmu, AgentFacts facts, Instant now) {
    var before = last;
    if (before == null || !before.isOf(vsmmu)) {
      return Optional.of(composer.compose(vsmmu, facts, now));
    }
    var status = composer.compose(vsmmu.with(before.status().conditions()), facts, now);
    return status.equals(before.status()) && now.isBefore(before.at().plus(REPEAT))
        ? Optional.empty()
        : Optional.of(status);
  }

  /** The API server has it. */
  void written(VSmmuView vsmmu, VSmmuStatus status, Instant at) {
    last = new Written(vsmmu.uid(), status, at);
  }

  /** There is no object any more. */
  void forget() {
    last = null;
  }
}
