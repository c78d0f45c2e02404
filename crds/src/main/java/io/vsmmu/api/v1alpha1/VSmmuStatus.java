package io.vsmmu.api.v1alpha1;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What operator and agent report. Each applies its own fields by server-side apply and leaves the
 * other's out: the operator {@code observedGeneration}, {@code kubevirt} and its conditions, the
 * agent all others. Lists are keyed, so that both may write conditions.
 *
 * @param observedGeneration generation of the spec that the operator's conditions speak of
 * @param conditions the node's state, aspect by aspect
 * @param agent who reports, and on which spec
 * @param node the machine
 * @param smmus the node's physical SMMUs
 * @param devices the functions that a selector matches, at most 512; {@code counts} has them all
 * @param virtualMachines contexts that were prepared and not yet released
 * @param counts for the columns that kubectl prints
 * @param kubevirt how the node stands with KubeVirt
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
@SchemaCustomizer(
    value = ListMapKeys.class,
    input = "conditions=type smmus=name devices=pciAddress virtualMachines=allocation")
@SchemaCustomizer(ConditionSchema.class)
public record VSmmuStatus(
    @Nullable Long observedGeneration,
    List<Condition> conditions,
    @Nullable AgentStatus agent,
    @Nullable NodeStatus node,
    List<SmmuStatus> smmus,
    @Size(max = MAX_DEVICES) List<DeviceStatus> devices,
    List<VirtualMachineStatus> virtualMachines,
    @Nullable Counts counts,
    @Nullable KubeVirtStatus kubevirt) {

  /** The most devices that a status lists; an object in etcd has to stay small. */
  public static final int MAX_DEVICES = 512;

  /** A status that says nothing. */
  public static final VSmmuStatus EMPTY =
      new VSmmuStatus(null, null, null, null, null, null, null, null, null);

  /** Takes a missing list for an empty one. */
  public VSmmuStatus(
      @Nullable Long observedGeneration,
      @Nullable List<Condition> conditions,
      @Nullable AgentStatus agent,
      @Nullable NodeStatus node,
      @Nullable List<SmmuStatus> smmus,
      @Nullable List<DeviceStatus> devices,
      @Nullable List<VirtualMachineStatus> virtualMachines,
      @Nullable Counts counts,
      @Nullable KubeVirtStatus kubevirt) {
    this.observedGeneration = observedGeneration;
    this.conditions = List.copyOf(requireNonNullElse(conditions, List.of()));
    this.agent = agent;
    this.node = node;
    this.smmus = List.copyOf(requireNonNullElse(smmus, List.of()));
    this.devices = List.copyOf(requireNonNullElse(devices, List.of()));
    this.virtualMachines = List.copyOf(requireNonNullElse(virtualMachines, List.of()));
    this.counts = counts;
    this.kubevirt = kubevirt;
  }

  /** The operator's fields, and no others. */
  public static VSmmuStatus ofOperator(
      long observedGeneration, List<Condition> conditions, @Nullable KubeVirtStatus kubevirt) {
    return new VSmmuStatus(
        observedGeneration, conditions, null, null, null, null, null, null, kubevirt);
  }

  /** The agent's fields, and no others. */
  public static VSmmuStatus ofAgent(
      List<Condition> conditions,
      AgentStatus agent,
      @Nullable NodeStatus node,
      List<SmmuStatus> smmus,
      List<DeviceStatus> devices,
      List<VirtualMachineStatus> virtualMachines,
      @Nullable Counts counts) {
    return new VSmmuStatus(
        null, conditions, agent, node, smmus, devices, virtualMachines, counts, null);
  }
}
