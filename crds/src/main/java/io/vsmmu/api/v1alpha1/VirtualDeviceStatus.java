package io.vsmmu.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/**
 * A function in a virtual machine.
 *
 * @param pciAddress its address on the node
 * @param viommu id of the virtual IOMMU that it belongs to; absent when its SMMU cannot nest
 * @param vsid its stream id in the guest; absent when the VMM chooses it
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record VirtualDeviceStatus(
    @Required String pciAddress, @Nullable Long viommu, @Nullable Long vsid) {}
