package io.vsmmu.operator.readiness;

import static java.util.stream.Collectors.joining;

import io.fabric8.kubernetes.api.model.Condition;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.Nesting;
import io.vsmmu.api.v1alpha1.NodeStatus;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.operator.agent.Heartbeat;
import io.vsmmu.operator.node.NodeView;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/**
 * Whether a node is ready, which means proven: the agent's report, its lease and the node's
 * allocatable resources agree. The first objection, on the way from the node to the kubelet, is the
 * reason why not.
 */
public final class Readiness {

  private static final List<Function<Facts, Optional<Judgement>>> OBJECTIONS =
      List.of(
          Readiness::nodeMissing,
          Readiness::nodeInTrouble,
          Readiness::neverReported,
          Readiness::agentSilent,
          Readiness::reportOfAnEarlierBoot,
          Readiness::reportOutdated,
          Readiness::notDiscovered,
          Readiness::dryRun,
          Readiness::noDevices,
          Readiness::notRegistered,
          Readiness::allocatableDiffers);

  private Readiness() {}

  /** The condition {@code Ready} that the facts call for. */
  public static Judgement of(Facts facts) {
    return OBJECTIONS.stream()
        .flatMap(objection -> objection.apply(facts).stream())
        .findFirst()
        .orElseGet(() -> proven(facts));
  }

  private static Judgement proven(Facts facts) {
    String offers =
        facts.spec().resources().stream()
            .map(resource -> resource.name() + ": " + offered(facts, resource).usable())
            .collect(joining(", "));
    return new Judgement(
        ConditionType.Ready,
        true,
        "Proven",
        offers.isEmpty()
            ? "the agent reports; the spec asks for no resources"
            : "agent and kubelet agree on what the node offers (" + offers + ")");
  }

  private static Optional<Judgement> nodeMissing(Facts facts) {
    return facts.node().isPresent()
        ? Optional.empty()
        : notReady(
            "NodeNotFound",
            "Node %s does not exist; join it to the cluster, or delete this VSmmu"
                .formatted(facts.spec().nodeName()));
  }

  private static Optional<Judgement> nodeInTrouble(Facts facts) {
    String node = facts.spec().nodeName();
    return facts
        .node()
        .flatMap(NodeView::trouble)
        .flatMap(trouble ->
            notReady(
                "NodeNotReady",
                ("Node %s has condition Ready %s; as long as this is so, nothing can start there; see:"
                        + " kubectl describe node %s")
                    .formatted(node, trouble, node)));
  }

  private static Optional<Judgement> neverReported(Facts facts) {
    if (facts.status().agent() != null) {
      return Optional.empty();
    }
    return facts.heartbeat() instanceof Heartbeat.Beating
        ? notReady("AgentNotReported", "the agent lives and has not reported yet; see its log")
        : notReady(
            "AgentNotRolledOut",
            "no agent has reported from the node%s; see: %s"
                .formatted(
                    facts
                        .foreignArchitecture()
                        .map(" (%s, for which the agent's image must be made)"::formatted)
                        .orElse(""),
                    facts.agentPodCommand()));
  }

  private static Optional<Judgement> agentSilent(Facts facts) {
    String node = facts.spec().nodeName();
    return switch (facts.heartbeat()) {
      case Heartbeat.Beating beating -> Optional.empty();
      case Heartbeat.Missing missing ->
          notReady(
              "AgentLeaseMissing",
              "Lease vsmmu-system/%s does not exist, so nothing says that the agent lives; see: %s"
                  .formatted(node, facts.agentPodCommand()));
      case Heartbeat.Silent silent ->
          notReady(
              "AgentStale",
              "Lease vsmmu-system/%s is no longer renewed, so the report may be out of date; see: %s"
                  .formatted(node, facts.agentPodCommand()));
    };
  }

  private static Optional<Judgement> reportOfAnEarlierBoot(Facts facts) {
    Optional<String> booted = facts.node().flatMap(NodeView::bootId);
    Optional<String> reported = Optional.ofNullable(facts.status().node()).map(NodeStatus::bootId);
    return booted.isEmpty() || reported.isEmpty() || booted.equals(reported)
        ? Optional.empty()
        : notReady(
            "AgentBeforeReboot",
            "the report is from boot %s of node %s, which is in boot %s; see: %s"
                .formatted(
                    reported.get(),
                    facts.spec().nodeName(),
                    booted.get(),
                    facts.agentPodCommand()));
  }

  private static Optional<Judgement> reportOutdated(Facts facts) {
    Long reported =
        facts.status().agent() == null ? null : facts.status().agent().observedGeneration();
    return Objects.equals(reported, facts.generation())
        ? Optional.empty()
        : notReady(
            "AgentOutdated",
            "the agent reports on generation %s of the spec, which is at %d"
                .formatted(reported, facts.generation()));
  }

  private static Optional<Judgement> notDiscovered(Facts facts) {
    return unlessTrue(facts, ConditionType.Discovered, "NotDiscovered");
  }

  private static Optional<Judgement> notRegistered(Facts facts) {
    return facts.spec().resources().isEmpty()
        ? Optional.empty()
        : unlessTrue(facts, ConditionType.Registered, "NotRegistered");
  }

  private static Optional<Judgement> dryRun(Facts facts) {
    return facts.spec().dryRun()
        ? notReady("DryRun", "spec.dryRun is set: no device is bound and no resource is registered")
        : Optional.empty();
  }

  private static Optional<Judgement> noDevices(Facts facts) {
    return firstResource(
        facts,
        resource -> {
          OfferedDevices offered = offered(facts, resource);
          return offered.usable() > 0
              ? Optional.empty()
              : notReady(
                  "NoDevices",
                  "%s: %s%s"
                      .formatted(
                          resource.name(),
                          offered.explainNone(),
                          resource.nesting() == Nesting.Required
                              ? facts.architectureRemark()
                              : ""));
        });
  }

  private static Optional<Judgement> allocatableDiffers(Facts facts) {
    return firstResource(
        facts,
        resource -> {
          OfferedDevices offered = offered(facts, resource);
          Optional<Long> allocatable =
              facts
                  .node()
                  .map(NodeView::allocatable)
                  .map(allocatables -> allocatables.get(resource.name()));
          return allocatable.isEmpty()
              ? notReady(
                  "NotAllocatable",
                  ("%s: the agent offers %s, the kubelet does not know the resource; the agent"
                          + " registers it anew within seconds, and if this stays, see the agent's"
                          + " log on registration")
                      .formatted(resource.name(), offered.amount()))
              : differs(resource.name(), offered, allocatable.get());
        });
  }

  private static Optional<Judgement> differs(
      String resource, OfferedDevices offered, long allocatable) {
    if (allocatable < offered.usable()) {
      return notReady(
          "AllocatableTooLow",
          ("%s: the agent offers %s, the kubelet has %d allocatable; it is told anew within seconds,"
                  + " and if this stays, see the agent's log on registration")
              .formatted(resource, offered.amount(), allocatable));
    }
    return offered.complete() && allocatable > offered.usable()
        ? notReady(
            "AllocatableTooHigh",
            ("%s: the agent offers %s, the kubelet has %d allocatable; it is told anew within seconds,"
                    + " and if this stays, look for another device plugin that registers this name")
                .formatted(resource, offered.amount(), allocatable))
        : Optional.empty();
  }

  private static OfferedDevices offered(Facts facts, ResourceSpec resource) {
    return OfferedDevices.of(facts.status(), resource.name());
  }

  private static Optional<Judgement> firstResource(
      Facts facts, Function<ResourceSpec, Optional<Judgement>> objection) {
    return facts.spec().resources().stream()
        .flatMap(resource -> objection.apply(resource).stream())
        .findFirst();
  }

  private static Optional<Judgement> unlessTrue(Facts facts, ConditionType type, String reason) {
    if (type.isTrueIn(facts.status().conditions())) {
      return Optional.empty();
    }
    String report =
        type.in(facts.status().conditions())
            .map(Condition::getMessage)
            .orElse("the agent has not said so yet");
    return notReady(reason, "%s is not true: %s".formatted(type, report));
  }

  private static Optional<Judgement> notReady(String reason, String message) {
    return Optional.of(new Judgement(ConditionType.Ready, false, reason, message));
  }
}
