package io.vsmmu.operator.agent;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.vsmmu.api.v1alpha1.Names;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.operator.cache.PrunedStore;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The nodes' leases in the operator's namespace. Their times are the nodes' own; so that clocks
 * need not agree, a lease's age is the time for which this operator has seen it unchanged. Only for
 * a lease that it meets for the first time, after its own start, must it believe the node's clock.
 */
public final class AgentLeases {

  private static final Duration DEFAULT_LIMIT = Duration.ofSeconds(40);

  private final Clock clock;
  private final Map<String, Sighting> sightings = new ConcurrentHashMap<>();

  /**
   * Has seen no lease yet.
   *
   * @param clock measures for how long leases stay unchanged
   */
  public AgentLeases(Clock clock) {
    this.clock = clock;
  }

  /**
   * Events for leases that appear, go, or are renewed after a silence; renewals in time are none.
   */
  public EventSource<Lease, VSmmu> eventSource(EventSourceContext<VSmmu> context) {
    return new InformerEventSource<>(
        InformerEventSourceConfiguration.from(Lease.class, VSmmu.class)
            .withNamespaces(Names.NAMESPACE)
            .withSecondaryToPrimaryMapper(
                lease -> Set.of(new ResourceID(lease.getMetadata().getName())))
            .withOnUpdateFilter(AgentLeases::resumed)
            .withItemStore(new PrunedStore<>(PrunedStore::withoutManagedFields))
            .withInformerListLimit(PrunedStore.PAGE)
            .build(),
        context);
  }

  /**
   * Deletes the lease of a node that is to have no agent any more, and forgets what was seen of it;
   * nobody else would. An agent that still runs renews none after it gave its devices back.
   */
  public void remove(String node, KubernetesClient client) {
    client.leases().inNamespace(Names.NAMESPACE).withName(node).delete();
    sightings.remove(node);
  }

  /** What the lease tells now. */
  public Heartbeat heartbeat(Optional<Lease> lease) {
    return lease.map(this::heartbeat).orElseGet(Heartbeat.Missing::new);
  }

  private Heartbeat heartbeat(Lease lease) {
    Instant now = clock.instant();
    ZonedDateTime renewal = renewal(lease);
    Duration limit = limit(lease);
    Sighting sighting =
        sightings.compute(
            lease.getMetadata().getName(),
            (name, known) ->
                known == null
                    ? new Sighting(renewal, firstMet(renewal, now))
                    : known.isOf(renewal) ? known : new Sighting(renewal, now));
    return Duration.between(sighting.since(), now).compareTo(limit) < 0
        ? new Heartbeat.Beating(limit)
        : new Heartbeat.Silent(limit);
  }

  private static Instant firstMet(@Nullable ZonedDateTime renewal, Instant now) {
    return renewal == null || renewal.toInstant().isAfter(now) ? now : renewal.toInstant();
  }

  private static boolean resumed(Lease now, Lease before) {
    ZonedDateTime renewed = renewal(now);
    ZonedDateTime previous = renewal(before);
    return renewed == null
        || previous == null
        || Duration.between(previous, renewed).compareTo(limit(before)) >= 0;
  }

  private static @Nullable ZonedDateTime renewal(Lease lease) {
    return lease.getSpec() == null ? null : lease.getSpec().getRenewTime();
  }

  private static Duration limit(Lease lease) {
    Integer seconds = lease.getSpec() == null ? null : lease.getSpec().getLeaseDurationSeconds();
    return seconds == null ? DEFAULT_LIMIT : Duration.ofSeconds(seconds);
  }

  /**
   * The last renewal that was seen.
   *
   * @param renewal by the node's clock
   * @param since by the operator's clock
   */
  private record Sighting(@Nullable ZonedDateTime renewal, Instant since) {

    boolean isOf(@Nullable ZonedDateTime other) {
      return Objects.equals(renewal, other);
    }
  }
}
