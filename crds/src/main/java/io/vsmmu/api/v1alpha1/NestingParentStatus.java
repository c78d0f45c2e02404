package io.vsmmu.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Required;

/**
 * A second-stage page table that guests' first stages are nested on.
 *
 * @param id iommufd object id
 * @param smmu the SMMU that it was allocated for
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record NestingParentStatus(@Required Long id, @Required String smmu) {}
