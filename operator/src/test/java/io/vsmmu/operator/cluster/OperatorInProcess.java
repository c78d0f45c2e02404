package io.vsmmu.operator.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.monitoring.AggregatedMetrics;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vsmmu.operator.operations.NodeMeters;
import io.vsmmu.operator.operations.OrderlyStop;
import io.vsmmu.operator.operations.Reconciliations;
import io.vsmmu.operator.vsmmu.VSmmuReconciler;
import io.vsmmu.operator.webhook.Webhook;
import io.vsmmu.operator.webhook.WebhookSettings;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The operator within the test, with the rights that {@code deploy/base} gives. */
public final class OperatorInProcess implements AutoCloseable {

  public static final String AGENT_IMAGE = "registry.example/agent:1";

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Vertx vertx = Vertx.vertx();
  private final OrderlyStop stop = new OrderlyStop();
  private final Operator operator;

  private OperatorInProcess(
      Cluster cluster, WebhookSettings settings, Clock clock, List<Metrics> metrics) {
    KubernetesClient client = cluster.operator();
    List<Metrics> all = new ArrayList<>(metrics);
    all.add(new Reconciliations(registry));
    operator =
        new Operator(overrider ->
            overrider
                .withKubernetesClient(client)
                .withMetrics(new AggregatedMetrics(all))
                // As in production.
                .withReconciliationTerminationTimeout(Duration.ofSeconds(10)));
    operator.register(
        new VSmmuReconciler(
            AGENT_IMAGE,
            Optional.empty(),
            new NodeMeters(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT)),
            new Webhook(client, settings, vertx, registry, clock),
            stop));
  }

  public static OperatorInProcess start(Cluster cluster) {
    return start(cluster, WebhookOnLoopback.atAFreePort(), Clock.systemUTC());
  }

  /** With a webhook of its own, whose certificates age by a clock of the test. */
  public static OperatorInProcess start(Cluster cluster, WebhookSettings settings, Clock clock) {
    return start(new OperatorInProcess(cluster, settings, clock, List.of()));
  }

  /** With reconciliations that the test holds. */
  public static OperatorInProcess start(Cluster cluster, HeldReconciliation held) {
    return start(
        new OperatorInProcess(
            cluster, WebhookOnLoopback.atAFreePort(), Clock.systemUTC(), List.of(held)));
  }

  private static OperatorInProcess start(OperatorInProcess made) {
    made.operator.start();
    return made;
  }

  /** Reconciliations so far that did what they should. */
  public long reconciliations() {
    return (long) registry.get("vsmmu.reconciliations").tag("result", "success").counter().count();
  }

  /** Answers of the webhook so far with this result. */
  public long webhookAnswers(String result) {
    return registry.get("vsmmu.webhook.answer").tag("result", result).timer().count();
  }

  @Override
  public void close() {
    try {
      stop.stop();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    operator.stop();
    vertx.close();
  }
}
