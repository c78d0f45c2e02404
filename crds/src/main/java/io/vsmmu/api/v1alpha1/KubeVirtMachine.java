package io.vsmmu.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Required;

/**
 * A KubeVirt virtual machine that has devices of the node.
 *
 * @param namespace of the virtual machine and of its pod
 * @param pod the virt-launcher pod, as {@code virtualMachines} names it
 * @param name the VirtualMachineInstance
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record KubeVirtMachine(
    @Required String namespace, @Required String pod, @Required String name) {}
