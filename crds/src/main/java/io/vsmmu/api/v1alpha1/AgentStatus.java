package io.vsmmu.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * The agent that reports.
 *
 * @param observedGeneration generation of the spec that its report speaks of
 * @param version the agent's version
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record AgentStatus(@Nullable Long observedGeneration, @Nullable String version) {}
