package io.vsmmu.operator.status;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.Names;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.operator.readiness.Judgement;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** Events for conditions that changed; a mere change of the message is none. */
final class Transitions {

  /** Where Events of cluster-scoped objects go. */
  private static final String NAMESPACE = "default";

  private Transitions() {}

  static List<Event> of(VSmmu vsmmu, VSmmuStatus before, List<Judgement> judgements, Instant now) {
    return judgements.stream()
        .filter(judgement -> changed(before, judgement))
        .map(judgement -> event(vsmmu, judgement, now))
        .toList();
  }

  private static boolean changed(VSmmuStatus before, Judgement judgement) {
    String status = judgement.holds() ? "True" : "False";
    return judgement
        .type()
        .in(before.conditions())
        .map(condition ->
            !status.equals(condition.getStatus())
                || !judgement.reason().equals(condition.getReason()))
        // That nothing is wrong is news only after something was.
        .orElse(judgement.type() != ConditionType.Degraded || judgement.holds());
  }

  private static Event event(VSmmu vsmmu, Judgement judgement, Instant now) {
    String time = now.truncatedTo(ChronoUnit.SECONDS).toString();
    return new EventBuilder()
        .withNewMetadata()
        .withGenerateName(vsmmu.getMetadata().getName() + ".")
        .withNamespace(NAMESPACE)
        .endMetadata()
        .withInvolvedObject(reference(vsmmu))
        .withType(isGood(judgement) ? "Normal" : "Warning")
        .withReason(judgement.reason())
        .withMessage(judgement.type() + ": " + judgement.message())
        .withFirstTimestamp(time)
        .withLastTimestamp(time)
        .withCount(1)
        .withNewSource()
        .withComponent(Names.OPERATOR)
        .endSource()
        .withReportingComponent(Names.OPERATOR)
        .build();
  }

  private static boolean isGood(Judgement judgement) {
    return switch (judgement.type()) {
      case Degraded -> !judgement.holds();
      default -> judgement.holds();
    };
  }

  private static ObjectReference reference(VSmmu vsmmu) {
    return new ObjectReferenceBuilder()
        .withApiVersion(vsmmu.getApiVersion())
        .withKind(vsmmu.getKind())
        .withName(vsmmu.getMetadata().getName())
        .withUid(vsmmu.getMetadata().getUid())
        .build();
  }
}
