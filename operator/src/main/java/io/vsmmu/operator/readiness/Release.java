package io.vsmmu.operator.readiness;

import static java.util.stream.Collectors.joining;

import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.PodReference;
import io.vsmmu.api.v1alpha1.VirtualMachineStatus;
import io.vsmmu.operator.agent.Heartbeat;

/** Whether a VSmmu that is being deleted may go. */
public sealed interface Release {

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
    if (!(facts.heartbeat() instanceof Heartbeat.Beating)) {
      return ("waits for the agent on node %s, which no longer renews its lease, to give the devices"
              + " back; bring it back, or delete the Node; see: %s")
          .formatted(facts.spec().nodeName(), facts.agentPodCommand());
    }
    return facts.status().virtualMachines().isEmpty()
        ? "waits for the agent to give the devices back"
        : "waits for virtual machines that use devices: "
            + facts.status().virtualMachines().stream()
                .map(Release::describe)
                .collect(joining(", "));
  }

  private static String describe(VirtualMachineStatus machine) {
    PodReference pod = machine.pod();
    return pod == null
        ? "allocation " + machine.allocation()
        : "pod " + pod.namespace() + "/" + pod.name();
  }
}
