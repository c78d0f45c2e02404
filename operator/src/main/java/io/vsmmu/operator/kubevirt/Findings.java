package io.vsmmu.operator.kubevirt;

import io.vsmmu.api.v1alpha1.KubeVirtStatus;
import io.vsmmu.operator.readiness.Judgement;
import java.time.Duration;
import java.util.Optional;

/**
 * How a VSmmu stands with KubeVirt.
 *
 * @param judgement the condition {@code KubeVirtReady}
 * @param status what the agent and people need to know
 * @param recheck after how long to look again, for no event tells of it
 */
public record Findings(Judgement judgement, KubeVirtStatus status, Optional<Duration> recheck) {}
