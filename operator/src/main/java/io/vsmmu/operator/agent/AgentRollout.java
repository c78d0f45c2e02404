package io.vsmmu.operator.agent;

import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetStatus;
import io.javaoperatorsdk.operator.api.config.informer.FieldSelector;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.SSABasedGenericKubernetesResourceMatcher;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.vsmmu.api.v1alpha1.Names;
import io.vsmmu.api.v1alpha1.VSmmu;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Keeps the agent's DaemonSet as it should be, as long as there is a VSmmu. */
public final class AgentRollout {

  private static final ResourceID ID = new ResourceID(Names.AGENT_DAEMON_SET, Names.NAMESPACE);

  private final DaemonSet desired;

  /**
   * A rollout of one version of the agent.
   *
   * @param image the agent's container image
   */
  public AgentRollout(String image) {
    this.desired = AgentDaemonSet.desired(image);
  }

  /** Events for every VSmmu when the DaemonSet is changed by anybody, or its rollout gets on. */
  public EventSource<DaemonSet, VSmmu> eventSource(EventSourceContext<VSmmu> context) {
    return new InformerEventSource<>(
        InformerEventSourceConfiguration.from(DaemonSet.class, VSmmu.class)
            .withNamespaces(Names.NAMESPACE)
            .withFieldSelector(
                new FieldSelector(new FieldSelector.Field("metadata.name", Names.AGENT_DAEMON_SET)))
            .withPrimaryToSecondaryMapper((VSmmu vsmmu) -> Set.of(ID))
            .withSecondaryToPrimaryMapper(daemonSet ->
                context
                    .getPrimaryCache()
                    .list()
                    .map(ResourceID::fromResource)
                    .collect(Collectors.toSet()))
            .withOnUpdateFilter(AgentRollout::matters)
            .build(),
        context);
  }

  /** Applies the DaemonSet unless what we own of it is as it should be. */
  public void ensure(Context<VSmmu> context) {
    Optional<DaemonSet> actual = context.getSecondaryResource(DaemonSet.class);
    SSABasedGenericKubernetesResourceMatcher<DaemonSet> matcher =
        SSABasedGenericKubernetesResourceMatcher.getInstance();
    if (actual.isEmpty() || !matcher.matches(actual.get(), desired, context)) {
      context.resourceOperations().serverSideApply(desired);
    }
  }

  /** Deletes the DaemonSet. */
  public void remove(Context<VSmmu> context) {
    context.getClient().resource(desired).delete();
  }

  /** How far the DaemonSet is. */
  public Rollout state(Context<VSmmu> context) {
    return context
        .getSecondaryResource(DaemonSet.class)
        .map(AgentRollout::state)
        .orElseGet(() -> new Rollout(false, 0, 0));
  }

  private static Rollout state(DaemonSet daemonSet) {
    DaemonSetStatus status = daemonSet.getStatus();
    return status == null
        ? new Rollout(true, 0, 0)
        : new Rollout(
            true,
            Objects.requireNonNullElse(status.getDesiredNumberScheduled(), 0),
            Objects.requireNonNullElse(status.getNumberReady(), 0));
  }

  private static boolean matters(DaemonSet now, DaemonSet before) {
    return !Objects.equals(now.getMetadata().getGeneration(), before.getMetadata().getGeneration())
        || !Objects.equals(now.getMetadata().getLabels(), before.getMetadata().getLabels())
        || !state(now).equals(state(before));
  }
}
