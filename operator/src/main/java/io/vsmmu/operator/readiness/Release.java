package io.vsmmu.operator.readiness;

import static java.util.stream.Collectors.joining;

import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.PodReference;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.api.v1alpha1.VirtualMachineStatus;
import io.vsmmu.operator.agent.Heartbeat;
import java.util.HashMap;
import java.util.Map;

/** Whether a VSmmu that is being deleted may go. */
public sealed interface Release {

  /** So many virtual machines are named in a message; a node rarely has more. */
  int NAMED = 20;

  /** The agent gave the devices back, or there is nobody and nothing to wait for. */
  record Done() implements Release {}

  /**
   * Something is still to be given back.
   *
   * @param judgement the condition {@code Ready}, with what is being waited for
   */
  record Waiting(Judgement judgement) implements Release {}

  /** What the facts call for. */
  static Release of(Facts facts) {
    boolean released = ConditionType.Released.isTrueIn(facts.status().conditions());
    boolean neverRan =
        facts.status().agent() == null && !(facts.heartbeat() instanceof Heartbeat.Beating);
    return facts.node().isEmpty() || released || neverRan
        ? new Done()
        : new Waiting(new Judgement(ConditionType.Ready, false, "Deleting", waitsFor(facts)));
  }

  private static String waitsFor(Facts facts) {
    String machines = machines(facts.status());
    if (!(facts.heartbeat() instanceof Heartbeat.Beating)) {
      return ("waits for the agent on node %s, which no longer renews its lease, to give the devices"
              + " back%s; bring it back, or delete the Node; see: %s")
          .formatted(
              facts.spec().nodeName(),
              machines.isEmpty() ? "" : " (used, when it last reported, by " + machines + ")",
              facts.agentPodCommand());
    }
    return machines.isEmpty()
        ? "waits for the agent to give the devices back"
        : "waits for virtual machines that use devices: " + machines;
  }

  private static String machines(VSmmuStatus status) {
    Map<String, String> names = new HashMap<>();
    if (status.kubevirt() != null) {
      status
          .kubevirt()
          .virtualMachines()
          .forEach(machine -> names.put(machine.namespace() + "/" + machine.pod(), machine.name()));
    }
    String named =
        status.virtualMachines().stream()
            .limit(NAMED)
            .map(machine -> describe(machine, names))
            .collect(joining(", "));
    int more = status.virtualMachines().size() - NAMED;
    return more > 0 ? "%s, and %d more".formatted(named, more) : named;
  }

  private static String describe(VirtualMachineStatus machine, Map<String, String> names) {
    PodReference pod = machine.pod();
    if (pod == null) {
      return "allocation " + machine.allocation();
    }
    String podName = pod.namespace() + "/" + pod.name();
    String name = names.get(podName);
    return name == null
        ? "pod " + podName
        : "VirtualMachineInstance %s/%s (pod %s)".formatted(pod.namespace(), name, pod.name());
  }
}
