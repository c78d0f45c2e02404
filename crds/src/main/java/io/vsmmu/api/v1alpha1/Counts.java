package io.vsmmu.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Min;

/**
 * Numbers for the columns that kubectl prints.
 *
 * @param smmus physical SMMUs
 * @param devices functions that a selector matches, listed or not
 * @param allocated those of them that a container has
 * @param virtualMachines contexts that were prepared and not yet released
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Counts(
    @Min(0) int smmus, @Min(0) int devices, @Min(0) int allocated, @Min(0) int virtualMachines) {}
