package io.vsmmu.operator.kubevirt;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.vsmmu.api.v1alpha1.KubeVirtMachine;
import io.vsmmu.api.v1alpha1.PodReference;
import io.vsmmu.api.v1alpha1.VirtualMachineStatus;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * Which virtual machine a pod runs. Its labels do not say so for sure: {@code vm.kubevirt.io/name}
 * is the guest's host name; the VirtualMachineInstance is the pod's controller.
 */
final class VirtualMachines {

  private static final String KIND = "VirtualMachineInstance";

  private VirtualMachines() {}

  /**
   * The virtual machines behind the agent's allocations.
   *
   * @param allocations what the agent reported
   * @param launchers finds the pod of a namespace and name, if it runs a virtual machine
   */
  static List<KubeVirtMachine> of(
      List<VirtualMachineStatus> allocations, BiFunction<String, String, Optional<Pod>> launchers) {
    return allocations.stream()
        .map(VirtualMachineStatus::pod)
        .filter(Objects::nonNull)
        .flatMap(pod -> machine(pod, launchers).stream())
        .distinct()
        .sorted(
            Comparator.comparing(KubeVirtMachine::namespace).thenComparing(KubeVirtMachine::pod))
        .toList();
  }

  /**
   * The node of a pod that runs a virtual machine; none before it is scheduled. A pod of the cache
   * has no spec at all then.
   */
  static Optional<String> node(Pod launcher) {
    return Optional.ofNullable(launcher.getSpec()).map(PodSpec::getNodeName);
  }

  private static Optional<KubeVirtMachine> machine(
      PodReference pod, BiFunction<String, String, Optional<Pod>> launchers) {
    return launchers
        .apply(pod.namespace(), pod.name())
        .flatMap(VirtualMachines::owner)
        .map(owner -> new KubeVirtMachine(pod.namespace(), pod.name(), owner.getName()));
  }

  private static Optional<OwnerReference> owner(Pod launcher) {
    return launcher.getMetadata().getOwnerReferences().stream()
        .filter(owner -> KIND.equals(owner.getKind()))
        .findFirst();
  }
}
