package io.vsmmu.api.v1alpha1;

import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Types of the conditions in a VSmmu's status, and who writes each. */
public enum ConditionType {
  /** Operator: the node offers what the spec asks for, by the agent's word and by the kubelet's. */
  Ready,
  /** Operator: something works worse than asked for, though the node is of use. */
  Degraded,
  /** Operator: KubeVirt, where it is installed, lets virtual machines have the node's resources. */
  KubeVirtReady,
  /** Agent: the node's topology was read and the selectors were applied to it. */
  Discovered,
  /** Agent: the SMMUs behind the selected devices can nest. */
  NestingSupported,
  /** Agent: every resource has its device plugin registered with the kubelet. */
  Registered,
  /** Agent: after the deletion of the VSmmu, the node's devices were given back. */
  Released;

  /** Those that the operator writes; the others are the agent's. */
  public static final Set<ConditionType> OPERATORS = Set.of(Ready, Degraded, KubeVirtReady);

  /** The condition of this type, if the list has one. */
  public Optional<Condition> in(List<Condition> conditions) {
    return conditions.stream().filter(condition -> name().equals(condition.getType())).findFirst();
  }

  /** Whether the list has this condition with status {@code True}. */
  public boolean isTrueIn(List<Condition> conditions) {
    return in(conditions).map(condition -> "True".equals(condition.getStatus())).orElse(false);
  }
}
