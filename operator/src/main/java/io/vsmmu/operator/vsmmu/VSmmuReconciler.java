package io.vsmmu.operator.vsmmu;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
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
import io.vsmmu.operator.cache.PrunedStore;
import io.vsmmu.operator.kubevirt.Findings;
import io.vsmmu.operator.kubevirt.KubeVirt;
import io.vsmmu.operator.node.NodeView;
import io.vsmmu.operator.node.Nodes;
import io.vsmmu.operator.operations.NodeMeters;
import io.vsmmu.operator.operations.OrderlyStop;
import io.vsmmu.operator.readiness.Degradation;
import io.vsmmu.operator.readiness.Facts;
import io.vsmmu.operator.readiness.Judgement;
import io.vsmmu.operator.readiness.Readiness;
import io.vsmmu.operator.readiness.Release;
import io.vsmmu.operator.status.OperatorReport;
import io.vsmmu.operator.status.StatusWriter;
import io.vsmmu.operator.webhook.Webhook;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
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
    informer = @Informer(itemStore = VSmmuStore.class, informerListLimit = PrunedStore.PAGE),
    // The agent's reports are changes of the status, which leave the generation as it is.
    generationAwareEventProcessing = false)
@GradualRetry(maxAttempts = Integer.MAX_VALUE, initialInterval = 1000, maxInterval = 60_000)
public class VSmmuReconciler implements Reconciler<VSmmu>, Cleaner<VSmmu> {

  static final String FINALIZER = "vsmmu.io/devices-given-back";

  private static final Duration AT_ONCE = Duration.ofMillis(1);

  private final AgentRollout rollout;
  private final AgentLeases leases;
  private final StatusWriter status;
  private final NodeMeters meters;
  private final Webhook webhook;
  private final OrderlyStop stop;

  /**
   * A reconciler.
   *
   * @param agentImage container image of the agent; environment variable {@code VSMMU_AGENT_IMAGE}
   * @param agentPod what {@link AgentPod} reads; environment variable {@code VSMMU_AGENT_POD}
   * @param meters show what the nodes are like
   * @param webhook gives KubeVirt's virtual machines the hook sidecar
   * @param stop ends the reconciliations
   */
  @Inject
  public VSmmuReconciler(
      @ConfigProperty(name = "vsmmu.agent.image") String agentImage,
      @ConfigProperty(name = "vsmmu.agent.pod") Optional<String> agentPod,
      NodeMeters meters,
      Webhook webhook,
      OrderlyStop stop) {
    this.meters = meters;
    this.webhook = webhook;
    this.stop = stop;
    AgentPod pod = agentPod.map(AgentPod::parse).orElse(AgentPod.DEFAULT);
    this.rollout = new AgentRollout(agentImage, pod);
    this.leases = new AgentLeases(Clock.systemUTC());
    this.status = new StatusWriter(Clock.systemUTC());
  }

  @Override
  public List<EventSource<?, VSmmu>> prepareEventSources(EventSourceContext<VSmmu> context) {
    return List.of(
        Nodes.eventSource(context),
        leases.eventSource(context),
        rollout.eventSource(context),
        new KubeVirt(context, webhook, Clock.systemUTC()));
  }

  @Override
  public UpdateControl<VSmmu> reconcile(VSmmu vsmmu, Context<VSmmu> context) {
    return stop.unlessStopping(() -> keep(vsmmu, context), UpdateControl.noUpdate());
  }

  @Override
  public DeleteControl cleanup(VSmmu vsmmu, Context<VSmmu> context) {
    return stop.unlessStopping(() -> letGo(vsmmu, context), DeleteControl.noFinalizerRemoval());
  }

  private UpdateControl<VSmmu> keep(VSmmu vsmmu, Context<VSmmu> context) {
    Nodes.of(context).ifPresent(node -> Nodes.label(node, context));
    rollout.ensure(context);

    Facts facts = gather(vsmmu, context);
    Optional<Duration> recheck = write(Readiness.of(facts), facts, vsmmu, context);

    UpdateControl<VSmmu> done = UpdateControl.noUpdate();
    recheck.ifPresent(done::rescheduleAfter);
    return done;
  }

  private DeleteControl letGo(VSmmu vsmmu, Context<VSmmu> context) {
    Facts facts = gather(vsmmu, context);
    DeleteControl done = DeleteControl.noFinalizerRemoval();
    switch (Release.of(facts)) {
      case Release.Waiting waiting -> {
        write(waiting.judgement(), facts, vsmmu, context).ifPresent(done::rescheduleAfter);
      }
      case Release.Done released -> {
        Nodes.of(context).ifPresent(node -> Nodes.unlabel(node, context));
        KubeVirt.in(context).release(vsmmu);
        leases.remove(vsmmu.getMetadata().getName(), context.getClient());
        rollout.leave(
            vsmmu, FINALIZER, context, () -> context.resourceOperations().removeFinalizer());
        meters.forget(vsmmu.getMetadata().getName());
      }
    }
    return done;
  }

  /** Returns after how long to look again. */
  private Optional<Duration> write(
      Judgement ready, Facts facts, VSmmu vsmmu, Context<VSmmu> context) {
    Optional<Findings> kubevirt = KubeVirt.in(context).reconcile(vsmmu);
    OperatorReport report = report(ready, facts, kubevirt);
    boolean changedMeanwhile = status.write(vsmmu, report, context);
    meters.show(vsmmu.getMetadata().getName(), facts.status(), report.judgements());
    if (changedMeanwhile) {
      return Optional.of(AT_ONCE);
    }
    return Stream.of(facts.heartbeat().recheck(), kubevirt.flatMap(Findings::recheck))
        .flatMap(Optional::stream)
        .min(Comparator.naturalOrder());
  }

  private static OperatorReport report(Judgement ready, Facts facts, Optional<Findings> kubevirt) {
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
