package io.vsmmu.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/**
 * A PCI function that a selector matches.
 *
 * @param pciAddress its address; also its id in the device plugin's protocol
 * @param resource the extended resource that it belongs to
 * @param smmu the physical SMMU that it is behind; absent without one
 * @param iommuGroup its group's number in {@code /sys/kernel/iommu_groups}
 * @param numaNode its NUMA node; absent when sysfs says -1
 * @param vendor PCI vendor id, four hexadecimal digits
 * @param device PCI device id, four hexadecimal digits
 * @param driver the driver that it is on now; absent without one
 * @param state what can be done with it
 * @param reason CamelCase word for why it is unhealthy or ineligible
 * @param message the same for people, with cause and cure
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record DeviceStatus(
    @Required String pciAddress,
    @Required String resource,
    @Nullable String smmu,
    @Nullable Integer iommuGroup,
    @Nullable Integer numaNode,
    @Nullable String vendor,
    @Nullable String device,
    @Nullable String driver,
    @Required DeviceState state,
    @Nullable String reason,
    @Nullable String message) {}
