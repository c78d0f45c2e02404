package io.vsmmu.operator.cluster;

import io.javaoperatorsdk.operator.Operator;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vsmmu.operator.operations.NodeMeters;
import io.vsmmu.operator.operations.Reconciliations;
import io.vsmmu.operator.vsmmu.VSmmuReconciler;

/** The operator within the test, with the rights that {@code deploy/base} gives. */
public final class OperatorInProcess implements AutoCloseable {

  public static final String AGENT_IMAGE = "registry.example/agent:1";

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Operator operator;

  private OperatorInProcess(Cluster cluster) {
    operator =
        new Operator(overrider ->
            overrider
                .withKubernetesClient(cluster.operator())
                .withMetrics(new Reconciliations(registry)));
    operator.register(new VSmmuReconciler(AGENT_IMAGE, new NodeMeters(registry)));
  }

  public static OperatorInProcess start(Cluster cluster) {
    OperatorInProcess started = new OperatorInProcess(cluster);
    started.operator.start();
    return started;
  }

  /** Reconciliations so far that did what they should. */
  public long reconciliations() {
    return (long) registry.get("vsmmu.reconciliations").tag("result", "success").counter().count();
  }

  @Override
  public void close() {
    operator.stop();
  }
}
