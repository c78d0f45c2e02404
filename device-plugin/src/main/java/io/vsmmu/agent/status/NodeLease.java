package io.vsmmu.agent.status;

import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.vsmmu.agent.flow.Loop;
import io.vsmmu.agent.flow.Rest;
import io.vsmmu.api.v1alpha1.Names;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Renews the node's lease, by which the operator knows that the agent lives. */
public final class NodeLease implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(NodeLease.class);

  /** Four renewals may be lost before the agent counts as gone. */
  private static final Duration VALIDITY = Duration.ofSeconds(40);

  private static final Duration RENEWAL = Duration.ofSeconds(10);

  static final PatchContext AS_AGENT =
      new PatchContext.Builder()
          .withPatchType(PatchType.SERVER_SIDE_APPLY)
          .withFieldManager(Names.AGENT)
          .withForce(true)
          .build();

  private final KubernetesClient client;
  private final String node;
  private final BooleanSupplier isOver;
  private final InstantSource clock;
  private final Pace pace = new Pace(Rest.upTo(RENEWAL), Duration.ofSeconds(1), RENEWAL);
  private final Loop loop;

  /**
   * Starts to renew the lease of {@code node}.
   *
   * @param isOver whether there is nobody left to tell; a renewal would make the lease anew that
   *     the operator has just deleted
   */
  public NodeLease(
      KubernetesClient client, String node, BooleanSupplier isOver, InstantSource clock) {
    this.client = client;
    this.node = node;
    this.isOver = isOver;
    this.clock = clock;
    this.loop = Loop.start("lease", RENEWAL, this::renew);
    loop.poke();
  }

  /** Stops to renew it. The lease stays until its time is over, or the VSmmu goes. */
  @Override
  public void close() {
    loop.close();
  }

  private Rest renew() {
    if (isOver.getAsBoolean()) {
      return pace.succeeded();
    }
    var lease =
        new LeaseBuilder()
            .withNewMetadata()
            .withNamespace(Names.NAMESPACE)
            .withName(node)
            .endMetadata()
            .withNewSpec()
            .withHolderIdentity(node)
            .withLeaseDurationSeconds((int) VALIDITY.toSeconds())
            // MicroTime has six digits.
            .withRenewTime(clock.instant().truncatedTo(ChronoUnit.MICROS).atZone(ZoneOffset.UTC))
            .endSpec()
            .build();
    try {
      client.resource(lease).patch(AS_AGENT);
      return pace.succeeded();
    } catch (KubernetesClientException e) {
      if (!pace.failing()) {
        LOG.warn("lease {}/{} is not renewed: {}", Names.NAMESPACE, node, ApiFailure.describe(e));
      }
      return pace.failed();
    }
  }
}
