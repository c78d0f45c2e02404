package io.vsmmu.operator.status;

import io.vsmmu.api.v1alpha1.KubeVirtStatus;
import io.vsmmu.operator.readiness.Judgement;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that the operator has to say in a VSmmu's status.
 *
 * @param judgements its conditions; of those it wrote before, the ones that are not among them go
 * @param kubevirt how the node stands with KubeVirt; null where KubeVirt is not installed
 */
public record OperatorReport(List<Judgement> judgements, @Nullable KubeVirtStatus kubevirt) {

  /** Keeps its own copy of the list. */
  public OperatorReport {
    judgements = List.copyOf(judgements);
  }
}
