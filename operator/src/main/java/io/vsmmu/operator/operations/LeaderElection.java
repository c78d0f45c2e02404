package io.vsmmu.operator.operations;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import io.quarkus.arc.Unremovable;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.vsmmu.api.v1alpha1.Names;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Of several operators one reconciles, and the others wait with warm caches. Who leads is in a
 * Lease named after the operator, under the pod's name; a leader that is stopped gives it back, one
 * that dies loses it.
 */
@Singleton
public class LeaderElection {

  private static final Logger log = LoggerFactory.getLogger(LeaderElection.class);

  /** Time without a renewal after which another one takes over. */
  private static final Duration LEASE = Duration.ofSeconds(15);

  /**
   * Time without a successful renewal after which a leader ends itself, before others take over.
   */
  private static final Duration RENEW_DEADLINE = Duration.ofSeconds(10);

  private static final Duration RETRY = Duration.ofSeconds(2);

  /** Before and after the framework's own observer, which ends the reconciliations. */
  private static final int FIRST = 1;

  private static final int AFTER_RECONCILIATIONS = 5000;

  /** A pod's host name is its own name. */
  private final String identity =
      Objects.requireNonNullElseGet(System.getenv("HOSTNAME"), () -> UUID.randomUUID().toString());

  private volatile boolean stopping;

  /** What the framework looks for. */
  @Produces
  @Singleton
  @Unremovable
  LeaderElectionConfiguration configuration() {
    return LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration(Names.OPERATOR)
        .withLeaseNamespace(Names.NAMESPACE)
        .withIdentity(identity)
        .withLeaseDuration(LEASE)
        .withRenewDeadline(RENEW_DEADLINE)
        .withRetryPeriod(RETRY)
        .withLeaderCallbacks(
            new LeaderCallbacks(
                () -> log.info("{} leads", identity),
                this::lost,
                leader -> log.info("the leader is {}", leader)))
        .build();
  }

  /** Others may lead by now; the framework itself would go on. */
  private void lost() {
    if (!stopping) {
      log.error("{} lost the lease {} and ends, for others may lead now", identity, Names.OPERATOR);
      Quarkus.asyncExit(1);
    }
  }

  void stop(@Observes @Priority(FIRST) ShutdownEvent stop) {
    stopping = true;
  }

  /** Gives the lease back, which the framework leaves to expire. */
  void release(
      @Observes @Priority(AFTER_RECONCILIATIONS) ShutdownEvent stop, KubernetesClient client) {
    try {
      Lease lease = client.leases().inNamespace(Names.NAMESPACE).withName(Names.OPERATOR).get();
      if (lease != null && identity.equals(lease.getSpec().getHolderIdentity())) {
        lease.getSpec().setHolderIdentity("");
        client.resource(lease).update();
        log.info("{} gives the lease {} back", identity, Names.OPERATOR);
      }
    } catch (KubernetesClientException e) {
      log.warn("lease {} could not be given back, and will expire", Names.OPERATOR, e);
    }
  }
}
