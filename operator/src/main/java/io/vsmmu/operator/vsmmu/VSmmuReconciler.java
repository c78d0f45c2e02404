package io.vsmmu.operator.vsmmu;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.javaoperatorsdk.operator.api.reconciler.Cleaner;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.DeleteControl;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.retry.GradualRetry;
import io.vsmmu.api.v1alpha1.Names;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.operator.agent.AgentLeases;
import io.vsmmu.operator.agent.AgentPod;
import io.vsmmu.operator.agent.AgentRollout;
import io.vsmmu.operator.kubevirt.Findings;
import io.vsmmu.operator.kubevirt.KubeVirt;
import io.vsmmu.operator.node.NodeView;
import io.vsmmu.operator.node.Nodes;
import io.vsmmu.operator.operations.NodeMeters;
import io.vsmmu.operator.readiness.Degradation;
import io.vsmmu.operator.readiness.Facts;
import io.vsmmu.operator.readiness.Judgement;
import io.vsmmu.operator.readiness.Readiness;
import io.vsmmu.operator.readiness.Release;
import io.vsmmu.operator.status.OperatorReport;
import io.vsmmu.operator.status.StatusWriter;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Lets the agent onto a VSmmu's node, says whether the node is ready, and on deletion waits until
 * the agent has given the devices back.
 */
@ApplicationScoped
@ControllerConfiguration(
    name = "vsmmu",
    fieldManager = Names.OPERATOR,
    finalizerName = VSmmuReconciler.FINALIZER,
    // The agent's reports are changes of the status, which leave the generation as it is.
    generationAwareEventProcessing = false)
@GradualRetry(maxAttempts = Integer.MAX_VALUE, initialInterval = 1000, maxInterval = 60_000)
public class VSmmuReconciler implements Reconciler<VSmmu>, Cleaner<VSmmu> {

  static final String FINALIZER = "vsmmu.io/devices-given-back";

  private final AgentRollout rollout;
  private final AgentLeases leases;
  private final StatusWriter status;
  private final NodeMeters meters;

  /**
   * A reconciler.
   *
   * @param agentImage container image of the agent; environment variable {@code VSMMU_AGENT_IMAGE}
   * @param agentPod what {@link AgentPod} reads; environment variable {@code VSMMU_AGENT_POD}
   * @param meters show what the nodes are like
   */
  @Inject
  public VSmmuReconciler(
      @ConfigProperty(name = "vsmmu.agent.image") String agentImage,
      @ConfigProperty(name = "vsmmu.agent.pod") Optional<String> agentPod,
      NodeMeters meters) {
    this(agentImage, agentPod.map(AgentPod::parse).orElse(AgentPod.DEFAULT), meters);
  }

  /** A reconciler whose agents are as they are when nobody says anything of their pods. */
  public VSmmuReconciler(String agentImage, NodeMeters meters) {
    this(agentImage, AgentPod.DEFAULT, meters);
  }

  private VSmmuReconciler(String agentImage, AgentPod agentPod, NodeMeters meters) {
    this.meters = meters;
    this.rollout = new AgentRollout(agentImage, agentPod);
    this.leases = new AgentLeases(Clock.systemUTC());
    this.status = new StatusWriter(Clock.systemUTC());
  }

  @Override
  public List<EventSource<?, VSmmu>> prepareEventSources(EventSourceContext<VSmmu> context) {
    return List.of(
        Nodes.eventSource(context),
        leases.eventSource(context),
        rollout.eventSource(context),
        new KubeVirt(context, Clock.systemUTC()));
  }

  @Override
  public UpdateControl<VSmmu> reconcile(VSmmu vsmmu, Context<VSmmu> context) {
    Nodes.of(context).ifPresent(node -> Nodes.label(node, context));
    rollout.ensure(context);

    Facts facts = gather(vsmmu, context);
    write(Readiness.of(facts), facts, vsmmu, context);

    UpdateControl<VSmmu> done = UpdateControl.noUpdate();
    facts.heartbeat().recheck().ifPresent(done::rescheduleAfter);
    return done;
  }

  @Override
  public DeleteControl cleanup(VSmmu vsmmu, Context<VSmmu> context) {
    Facts facts = gather(vsmmu, context);
    DeleteControl done = DeleteControl.noFinalizerRemoval();
    switch (Release.of(facts)) {
      case Release.Waiting waiting -> {
        write(waiting.judgement(), facts, vsmmu, context);
        facts.heartbeat().recheck().ifPresent(done::rescheduleAfter);
      }
      case Release.Done released -> {
        Nodes.of(context).ifPresent(node -> Nodes.unlabel(node, context));
        KubeVirt.in(context).release(vsmmu);
        // Before the question whether others are left: of two that go at once, one must find none.
        context.resourceOperations().removeFinalizer();
        rollout.removeIfUnused(FINALIZER, context);
        meters.forget(vsmmu.getMetadata().getName());
      }
    }
    return done;
  }

  private void write(Judgement ready, Facts facts, VSmmu vsmmu, Context<VSmmu> context) {
    OperatorReport report = report(ready, facts, vsmmu, context);
    status.write(vsmmu, report, context);
    meters.show(vsmmu.getMetadata().getName(), facts.status(), report.judgements());
  }

  private static OperatorReport report(
      Judgement ready, Facts facts, VSmmu vsmmu, Context<VSmmu> context) {
    Optional<Findings> kubevirt = KubeVirt.in(context).reconcile(vsmmu);
    return new OperatorReport(
        Stream.of(
                Stream.of(ready),
                Degradation.of(facts).stream(),
                kubevirt.map(Findings::judgement).stream())
            .flatMap(judgements -> judgements)
            .toList(),
        kubevirt.map(Findings::status).orElse(null));
  }

  private Facts gather(VSmmu vsmmu, Context<VSmmu> context) {
    Optional<Node> node = Nodes.of(context);
    return new Facts(
        vsmmu.getSpec(),
        vsmmu.getMetadata().getGeneration(),
        Objects.requireNonNullElse(vsmmu.getStatus(), VSmmuStatus.EMPTY),
        node.map(NodeView::of),
        leases.heartbeat(context.getSecondaryResource(Lease.class)));
  }
}
