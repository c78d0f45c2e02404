package io.vsmmu.operator.vsmmu;

import static io.vsmmu.operator.cluster.Cluster.agentSays;
import static io.vsmmu.operator.cluster.Cluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Condition;
import io.javaoperatorsdk.operator.api.config.ExecutorServiceManager;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import io.vsmmu.operator.cluster.ApiRequest;
import io.vsmmu.operator.cluster.Cluster;
import io.vsmmu.operator.cluster.HeldReconciliation;
import io.vsmmu.operator.cluster.OperatorInProcess;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The framework empties its caches when it stops, and a reconciliation that it has begun reads them
 * all the same: to that one nothing is there any more.
 */
class StopTest {

  private static final String NIC = "vsmmu.io/nic";
  private static final String NODE = "n1";

  private Cluster cluster;

  @BeforeEach
  void start() {
    cluster = new Cluster();
    try (OperatorInProcess operator = OperatorInProcess.start(cluster)) {
      provenNode();
    }
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  @Test
  void anOperatorThatStopsSaysNothingOfANodeThatItNoLongerSees() throws Exception {
    List<ApiRequest> before = cluster.operatorsWrites();

    startAndStopInTheFirstReconciliation();

    assertThat(cluster.operatorsWrites()).isEqualTo(before);
    assertThat(reason()).contains("Proven");
  }

  @Test
  void aVSmmuThatWaitsForItsAgentIsNotLetGoByAnOperatorThatStops() throws Exception {
    cluster.kubectl("delete", "vsmmu", NODE, "--wait=false");

    startAndStopInTheFirstReconciliation();

    assertThat(vsmmu().getMetadata().getFinalizers()).contains(VSmmuReconciler.FINALIZER);
    assertThat(cluster.agents().get()).isNotNull();
  }

  private void startAndStopInTheFirstReconciliation() throws InterruptedException {
    HeldReconciliation held = new HeldReconciliation();
    OperatorInProcess operator = OperatorInProcess.start(cluster, held);
    held.awaitBegin();
    Thread stopping = Thread.ofPlatform().start(operator::close);
    eventually().until(() -> hasEmptyCaches(stopping));
    held.letGo();
    stopping.join();
  }

  /** The framework waits for its threads after that. */
  private static boolean hasEmptyCaches(Thread stopping) {
    return Stream.of(stopping.getStackTrace())
        .anyMatch(frame ->
            frame.getClassName().equals(ExecutorServiceManager.class.getName())
                && frame.getMethodName().equals("stop"));
  }

  private void provenNode() {
    cluster.addNode(NODE);
    cluster.advertise(NODE, NIC, 1);
    VSmmu vsmmu =
        cluster
            .admin()
            .resource(
                VSmmu.of(
                    new VSmmuSpec(
                        NODE,
                        List.of(ResourceSpec.of(NIC, DeviceSelector.ofIds("8086", "10d3"))),
                        null,
                        false)))
            .create();
    cluster.report(
        vsmmu, NIC, 1, agentSays(ConditionType.Discovered), agentSays(ConditionType.Registered));
    cluster.renewLease(NODE, 600);
    eventually().untilAsserted(() -> assertThat(reason()).contains("Proven"));
  }

  private VSmmu vsmmu() {
    return cluster.admin().resources(VSmmu.class).withName(NODE).get();
  }

  private Optional<String> reason() {
    return Optional.ofNullable(vsmmu().getStatus())
        .flatMap(status -> ConditionType.Ready.in(status.conditions()))
        .map(Condition::getReason);
  }
}
