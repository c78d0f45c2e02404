package io.vsmmu.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/**
 * A physical SMMU.
 *
 * @param name its name in {@code /sys/class/iommu}
 * @param nesting whether a guest's first stage can be nested on it; absent until it was probed
 * @param reason CamelCase word for why it cannot nest, or was not probed
 * @param message the same for people, with cause and cure
 * @param capabilities what a virtual SMMU on it may offer; absent until it was probed
 * @param devices number of PCI functions behind it, selected or not
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record SmmuStatus(
    @Required String name,
    @Nullable Boolean nesting,
    @Nullable String reason,
    @Nullable String message,
    @Nullable SmmuCapabilitiesStatus capabilities,
    @Min(0) @Nullable Integer devices) {}
