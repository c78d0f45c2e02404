package io.vsmmu.operator.agent;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.vsmmu.api.v1alpha1.Names;
import io.vsmmu.api.v1alpha1.VSmmu;
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
 * need not agree, a lease's age is the time for which this operator has seen it unchanged.
 */
public final class AgentLeases {

  private static final Duration DEFAULT_LIMIT = Duration.ofSeconds(40);

  private final Clock clock;
  private final Map<String, Sighting> sightings = new ConcurrentHashMap<>();

  /**
   * Remembers nothing yet: a lease counts as fresh when it is first seen.
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
            .build(),
        context);
  }

  /** What the lease tells now. */
  public Heartbeat heartbeat(Optional<Lease> lease) {
    return lease.map(this::heartbeat).orElseGet(Heartbeat.Missing::new);
  }

  private Heartbeat heartbeat(Lease lease) {
    Instant now = clock.instant();
    Sighting sighting =
        sightings.merge(
            lease.getMetadata().getName(),
            new Sighting(lease.getMetadata().getUid(), renewal(lease), now),
            (known, seen) -> known.sameRenewal(seen) ? known : seen);
    Duration silence = Duration.between(sighting.first(), now);
    Duration limit = limit(lease);
    return silence.compareTo(limit) < 0
        ? new Heartbeat.Beating(limit)
        : new Heartbeat.Silent(silence);
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
   * A renewal, and when the operator first saw it.
   *
   * @param uid the lease's
   * @param renewal the lease's time of renewal, by the node's clock
   * @param first by the operator's clock
   */
  private record Sighting(@Nullable String uid, @Nullable ZonedDateTime renewal, Instant first) {

    boolean sameRenewal(Sighting other) {
      return Objects.equals(uid, other.uid) && Objects.equals(renewal, other.renewal);
    }
  }
}
