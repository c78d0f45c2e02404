package io.vsmmu.operator.status;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import java.time.Clock;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the operator's fields of the status, by server-side apply and only when they change, and
 * tells of transitions by Events.
 */
public final class StatusWriter {

  private static final Logger log = LoggerFactory.getLogger(StatusWriter.class);

  private final Clock clock;

  /**
   * A writer.
   *
   * @param clock dates transitions
   */
  public StatusWriter(Clock clock) {
    this.clock = clock;
  }

  /**
   * Brings the operator's fields to what is to be said.
   *
   * @param vsmmu the object as it was judged
   * @return whether it was found to be another by then, so that it has to be judged again: the
   *     framework may take the event that tells so for the echo of our own write
   */
  public boolean write(VSmmu vsmmu, OperatorReport report, Context<VSmmu> context) {
    VSmmuStatus current = Objects.requireNonNullElse(vsmmu.getStatus(), VSmmuStatus.EMPTY);
    Instant now = clock.instant();
    Optional<VSmmuStatus> change =
        OperatorStatus.change(current, vsmmu.getMetadata().getGeneration(), report, now);
    if (change.isEmpty()) {
      return false;
    }
    VSmmu written =
        context
            .resourceOperations()
            .serverSideApplyPrimaryStatus(
                VSmmu.statusPatch(vsmmu.getMetadata().getName(), change.get()));
    Transitions.of(vsmmu, current, report.judgements(), now)
        .forEach(event -> record(event, context));
    return !Objects.equals(
            written.getMetadata().getGeneration(), vsmmu.getMetadata().getGeneration())
        || !OperatorStatus.ofOthers(current)
            .equals(OperatorStatus.ofOthers(Objects.requireNonNull(written.getStatus())));
  }

  private static void record(Event event, Context<VSmmu> context) {
    log.info(
        "VSmmu {}: {}: {}",
        event.getInvolvedObject().getName(),
        event.getReason(),
        event.getMessage());
    try {
      context.getClient().resource(event).create();
    } catch (KubernetesClientException e) {
      // The status says the same, and a retry would not write it again.
      log.warn("VSmmu {}: no Event written", event.getInvolvedObject().getName(), e);
    }
  }
}
