package io.vsmmu.operator.agent;

import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.client.dsl.Listable;
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

  private static final long FEW = 10;

  private final DaemonSet desired;

  /**
   * A rollout of one version of the agent.
   *
   * @param image the agent's container image
   * @param pod what an administrator says of its pods
   */
  public AgentRollout(String image, AgentPod pod) {
    this.desired = AgentDaemonSet.desired(image, pod);
  }

  /**
   * Events for every VSmmu when the DaemonSet is changed or deleted by anybody, but not when its
   * rollout gets on.
   */
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

  /**
   * Lets a VSmmu go that needs the agent no more, the last one after the DaemonSet: an operator
   * that ends in between does all of it again. One at a time, so that of two that go at once one is
   * the last.
   *
   * @param finalizer what a VSmmu carries as long as it needs the agent
   * @param letGo takes it off this one
   */
  public synchronized void leave(
      VSmmu leaving, String finalizer, Context<VSmmu> context, Runnable letGo) {
    if (isLast(leaving, finalizer, context)) {
      context.getClient().resource(desired).delete();
    }
    letGo.run();
  }

  private static boolean isLast(VSmmu leaving, String finalizer, Context<VSmmu> context) {
    // The cache is behind what was just written, but most often it knows of another one.
    return context.getPrimaryCache().list().allMatch(VSmmu::isMarkedForDeletion)
        && isLast(leaving, finalizer, context.getClient().resources(VSmmu.class));
  }

  /** By the first few most often: of thousands that go at once, all but one meet another. */
  private static boolean isLast(
      VSmmu leaving, String finalizer, Listable<? extends KubernetesResourceList<VSmmu>> all) {
    ListOptions page = new ListOptionsBuilder().withLimit(FEW).build();
    while (true) {
      KubernetesResourceList<VSmmu> some = all.list(page);
      if (some.getItems().stream()
          .filter(vsmmu -> !vsmmu.getMetadata().getUid().equals(leaving.getMetadata().getUid()))
          .anyMatch(vsmmu -> !vsmmu.isMarkedForDeletion() || vsmmu.hasFinalizer(finalizer))) {
        return false;
      }
      String more = some.getMetadata().getContinue();
      if (more == null || more.isEmpty()) {
        return true;
      }
      page.setContinue(more);
    }
  }

  private static boolean matters(DaemonSet now, DaemonSet before) {
    return !Objects.equals(now.getMetadata().getGeneration(), before.getMetadata().getGeneration())
        || !Objects.equals(now.getMetadata().getLabels(), before.getMetadata().getLabels());
  }
}
