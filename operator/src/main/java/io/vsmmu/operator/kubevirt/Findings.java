package io.vsmmu.operator.kubevirt;

import io.vsmmu.api.v1alpha1.KubeVirtStatus;
import io.vsmmu.operator.readiness.Judgement;

/**
 * How a VSmmu stands with KubeVirt.
 *
 * @param judgement the condition {@code KubeVirtReady}
 * @param status what the agent and people need to know
 */
public record Findings(Judgement judgement, KubeVirtStatus status) {}
