package io.vsmmu.operator.kubevirt;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.vsmmu.api.v1alpha1.DeviceStatus;
import io.vsmmu.api.v1alpha1.KubeVirtMachine;
import io.vsmmu.api.v1alpha1.PodReference;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.api.v1alpha1.VirtualMachineStatus;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.stream.Collectors;

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
   * The virtual machines whose guests have no virtual SMMUs, though they are to: they were created
   * before anybody added the sidecar, and have none until they are created anew.
   *
   * @param status of their node
   * @param launchers finds the pod of a namespace and name, if it runs a virtual machine
   * @param resources whose virtual machines are to get virtual SMMUs
   * @param passedBy whether a pod with these annotations lacks the sidecar
   * @return namespace and name of each
   */
  static Set<String> passedBy(
      VSmmuStatus status,
      BiFunction<String, String, Optional<Pod>> launchers,
      Set<String> resources,
      Predicate<Map<String, String>> passedBy) {
    Set<String> addresses =
        status.devices().stream()
            .filter(device -> resources.contains(device.resource()))
            .map(DeviceStatus::pciAddress)
            .collect(Collectors.toSet());
    List<VirtualMachineStatus> concerned =
        status.virtualMachines().stream()
            .filter(machine ->
                machine.devices().stream()
                    .anyMatch(device -> addresses.contains(device.pciAddress())))
            .toList();
    return of(
            concerned,
            (namespace, name) ->
                launchers.apply(namespace, name).filter(pod -> passedBy.test(annotations(pod))))
        .stream()
        .map(machine -> machine.namespace() + "/" + machine.name())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Map<String, String> annotations(Pod launcher) {
    return Objects.requireNonNullElse(launcher.getMetadata().getAnnotations(), Map.of());
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
