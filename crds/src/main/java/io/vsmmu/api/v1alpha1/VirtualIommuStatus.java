package io.vsmmu.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/**
 * The slice of a physical SMMU that a virtual machine has.
 *
 * @param id iommufd object id
 * @param smmu the physical SMMU
 * @param nestingParent id of its second stage
 * @param bypass id of the nested page table that passes DMA through to the second stage
 * @param abort id of the nested page table that refuses DMA
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record VirtualIommuStatus(
    @Required Long id,
    @Required String smmu,
    @Required Long nestingParent,
    @Nullable Long bypass,
    @Nullable Long abort) {}
