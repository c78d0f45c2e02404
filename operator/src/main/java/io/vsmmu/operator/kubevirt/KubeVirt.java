package io.vsmmu.operator.kubevirt;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.health.Status;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import io.vsmmu.api.v1alpha1.KubeVirtStatus;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.operator.readiness.Judgement;
import io.vsmmu.operator.webhook.Standing;
import io.vsmmu.operator.webhook.Webhook;
import java.time.Clock;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * KubeVirt as the VSmmu objects see it: keeps their resources in its list, and brings events when
 * it is installed, changed or removed, and when a virtual machine's pod gets its node.
 */
public final class KubeVirt extends AbstractEventSource<GenericKubernetesResource, VSmmu> {

  private static final String NAME = "kubevirt";

  private final EventSourceContext<VSmmu> context;
  private final KubeVirtWatch watch;
  private final PermitKeeper keeper;
  private final Webhook webhook;
  private final Demands demands = new Demands();

  private volatile Set<String> withoutNesting = Set.of();
  private volatile Optional<Standing.Failed> webhookTrouble = Optional.empty();

  /**
   * KubeVirt in the cluster of a controller.
   *
   * @param webhook gives virtual machines the hook sidecar
   * @param clock tells how often others take our entries away
   */
  public KubeVirt(EventSourceContext<VSmmu> context, Webhook webhook, Clock clock) {
    super(GenericKubernetesResource.class, NAME);
    this.context = context;
    this.webhook = webhook;
    this.watch =
        new KubeVirtWatch(
            context.getClient(), this::changed, this::launched, webhook, this::webhookChanged);
    this.keeper = new PermitKeeper(new KubeVirtObjects(context.getClient()), clock);
  }

  /** The one of the controller that reconciles. */
  public static KubeVirt in(Context<VSmmu> context) {
    return (KubeVirt)
        context.eventSourceRetriever().getEventSourceFor(GenericKubernetesResource.class, NAME);
  }

  /**
   * Brings KubeVirt's list to what all VSmmu objects ask for, and says how this one stands.
   *
   * @return nothing where KubeVirt is not installed
   */
  public Optional<Findings> reconcile(VSmmu vsmmu) {
    return switch (watch.presence()) {
      case Presence.Absent absent -> Optional.empty();
      case Presence.Denied denied ->
          Optional.of(
              new Findings(
                  KubeVirtReadiness.denied(denied.message()),
                  new KubeVirtStatus(null, null),
                  Optional.empty()));
      case Presence.Empty empty -> {
        webhook.keep(Set.of());
        yield Optional.of(
            new Findings(
                KubeVirtReadiness.notInstalled(),
                new KubeVirtStatus(null, null),
                Optional.empty()));
      }
      case Presence.Installed installed -> Optional.of(findings(vsmmu, installed.object()));
    };
  }

  /** Takes away what only this VSmmu asked for; it is about to go. */
  public void release(VSmmu vsmmu) {
    demands.release(vsmmu);
    if (watch.presence() instanceof Presence.Installed installed) {
      keeper.keep(installed.object(), () -> wishes().permits());
      webhook.keep(forWebhook(Installation.of(installed.object()), wishes()));
    }
  }

  @Override
  public Set<GenericKubernetesResource> getSecondaryResources(VSmmu vsmmu) {
    return watch.presence() instanceof Presence.Installed installed
        ? Set.of(installed.object())
        : Set.of();
  }

  @Override
  public void start() {
    watch.start();
    super.start();
  }

  @Override
  public void stop() {
    super.stop();
    watch.stop();
  }

  @Override
  public Status getStatus() {
    return isRunning() ? Status.HEALTHY : Status.UNKNOWN;
  }

  private Findings findings(VSmmu vsmmu, GenericKubernetesResource object) {
    Upkeep upkeep = keeper.keep(object, () -> wishes().permits());
    // Only now: others may have changed theirs while that waited for its turn.
    Wishes wishes = wishes();
    if (!wishes.withoutNesting().equals(withoutNesting)) {
      // What one node reports, the conditions of others speak of.
      withoutNesting = wishes.withoutNesting();
      changed();
    }
    Installation kubevirt = Installation.of(object);
    Standing standing = webhook.keep(forWebhook(kubevirt, wishes));
    Optional<Standing.Failed> trouble =
        standing instanceof Standing.Failed failed ? Optional.of(failed) : Optional.empty();
    if (!trouble.equals(webhookTrouble)) {
      // It is met with one object, and the conditions of all speak of it.
      webhookTrouble = trouble;
      changed();
    }
    VSmmuSpec spec = vsmmu.getSpec();
    VSmmuStatus status = Objects.requireNonNullElse(vsmmu.getStatus(), VSmmuStatus.EMPTY);
    Judgement judgement =
        KubeVirtReadiness.of(
            new KubeVirtFacts(
                spec,
                Demand.of(spec, status.devices()),
                wishes.withoutNesting(),
                VirtualMachines.passedBy(
                    status, watch::launcher, forWebhook(kubevirt, wishes), webhook::passedBy),
                kubevirt,
                upkeep,
                standing));
    return new Findings(
        judgement,
        new KubeVirtStatus(
            IommufdSockets.effective(spec.kubevirt().iommufdSocket(), kubevirt.gates()),
            VirtualMachines.of(status.virtualMachines(), watch::launcher)),
        standing.recheck());
  }

  /** KubeVirt refuses virtual machines with a sidecar while its gate is off. */
  private static Set<String> forWebhook(Installation kubevirt, Wishes wishes) {
    return kubevirt.takesOurSidecar() ? wishes.withVirtualSmmus() : Set.of();
  }

  private Wishes wishes() {
    return demands.union(context.getPrimaryCache().list());
  }

  /** It is kept for all objects together, so that one is enough. */
  private void webhookChanged() {
    context
        .getPrimaryCache()
        .list()
        .map(ResourceID::fromResource)
        .findFirst()
        .ifPresent(this::wake);
  }

  private void changed() {
    context.getPrimaryCache().list().map(ResourceID::fromResource).forEach(this::wake);
  }

  private void launched(Pod launcher) {
    VirtualMachines.node(launcher).map(ResourceID::new).ifPresent(this::wake);
  }

  private void wake(ResourceID vsmmu) {
    if (isRunning() && context.getPrimaryCache().contains(vsmmu)) {
      getEventHandler().handleEvent(new Event(vsmmu));
    }
  }
}
