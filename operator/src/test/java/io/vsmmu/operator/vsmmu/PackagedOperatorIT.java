package io.vsmmu.operator.vsmmu;

import static io.vsmmu.operator.cluster.Cluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.Names;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import io.vsmmu.operator.cluster.Cluster;
import io.vsmmu.operator.cluster.OperatorProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program that is shipped, as a process, with the rights that {@code deploy/base} gives. */
class PackagedOperatorIT {

  private static final int TERMINATED = 128 + 15;

  @TempDir private Path directory;

  @Test
  void startsReconcilesAndStopsWhenAsked() throws Exception {
    try (Cluster cluster = new Cluster();
        OperatorProcess operator = OperatorProcess.start(cluster, "only", directory)) {
      create(cluster, "n1");
      awaitReconciled(cluster, "n1", operator);
      awaitServing(operator);

      for (String probe : List.of("started", "live", "ready")) {
        assertThat(operator.get("/q/health/" + probe)).contains("\"UP\"");
      }
      // A reconciliation is counted when it ends, after its status was written.
      eventually()
          .untilAsserted(() ->
              assertThat(operator.get("/q/metrics"))
                  .contains("vsmmu_reconciliations_total{result=\"success\"}")
                  .contains("vsmmu_reconciliation_seconds_count{operation=\"reconcile\"}")
                  .contains("vsmmu_condition{node=\"n1\",type=\"Ready\"} 0.0")
                  .contains("vsmmu_node_devices{node=\"n1\",state=\"Available\"} 0.0"));

      assertThat(operator.stop()).as(operator.log()).isEqualTo(TERMINATED);
      assertThat(holder(cluster)).isEmpty();
      assertThat(operator.log()).doesNotContain("forbidden");
      List<JsonNode> lines = parse(operator.log());
      assertThat(lines).noneMatch(line -> line.path("level").asText().equals("ERROR"));
      assertThat(lines)
          .anySatisfy(line -> {
            assertThat(line.path("message").asText()).startsWith("VSmmu n1: NodeNotFound");
            assertThat(line.path("mdc").path("resource.name").asText()).isEqualTo("n1");
          });
    }
  }

  @Test
  void oneLeadsAndTheOtherTakesOverWhenItDies() throws Exception {
    try (Cluster cluster = new Cluster();
        OperatorProcess first = OperatorProcess.start(cluster, "first", directory);
        OperatorProcess second = OperatorProcess.start(cluster, "second", directory)) {
      create(cluster, "n1");
      awaitReconciled(cluster, "n1", first, second);
      boolean firstLeads = holder(cluster).orElseThrow().equals("first");
      OperatorProcess leader = firstLeads ? first : second;
      OperatorProcess follower = firstLeads ? second : first;

      // The follower is ready to take over, and shows nothing that the leader shows.
      eventually()
          .ignoreExceptionsInstanceOf(IOException.class)
          .untilAsserted(() -> assertThat(follower.get("/q/health/ready")).contains("\"UP\""));
      awaitServing(leader);
      eventually()
          .untilAsserted(
              () -> assertThat(leader.get("/q/metrics")).contains("vsmmu_condition{node=\"n1\""));
      assertThat(follower.get("/q/metrics")).doesNotContain("vsmmu_condition{");

      leader.kill();
      create(cluster, "n2");

      awaitReconciled(cluster, "n2", follower);
      assertThat(holder(cluster)).contains(firstLeads ? "second" : "first");
    }
  }

  @Test
  void withoutAnApiServerItIsNotReadyThoughAliveAndLeavesInTime() throws Exception {
    OperatorProcess operator;
    try (Cluster cluster = new Cluster()) {
      operator = OperatorProcess.start(cluster, "only", directory);
      create(cluster, "n1");
      awaitReconciled(cluster, "n1", operator);
      awaitServing(operator);
      assertThat(operator.get("/q/health/ready")).contains("\"UP\"");
    }
    try (operator) {
      // It is alive for ten seconds more: both are asked for at a time.
      var live = new AtomicReference<>("");
      eventually()
          .pollInterval(Duration.ofMillis(100))
          .untilAsserted(() -> {
            live.set(operator.get("/q/health/live"));
            assertThat(operator.get("/q/health/ready")).contains("\"status\": \"DOWN\"");
          });
      assertThat(live.get()).contains("\"UP\"").doesNotContain("\"DOWN\"");

      // Others may lead by then.
      assertThat(operator.awaitEnd()).isEqualTo(1);
    }
  }

  @Test
  void aLeaderThatLostItsLeaseEnds() throws Exception {
    try (Cluster cluster = new Cluster();
        OperatorProcess operator = OperatorProcess.start(cluster, "only", directory)) {
      create(cluster, "n1");
      awaitReconciled(cluster, "n1", operator);

      cluster.kubectl(
          "patch",
          "lease",
          "--namespace=" + Names.NAMESPACE,
          Names.OPERATOR,
          "--type=merge",
          "-p={\"spec\": {\"holderIdentity\": \"usurper\"}}");

      assertThat(operator.awaitEnd()).as(operator.log()).isEqualTo(1);
      assertThat(operator.log()).contains("only lost the lease vsmmu-operator and ends");
      assertThat(holder(cluster)).contains("usurper");
    }
  }

  @Test
  void anOperatorThatMeetsWhatItCannotReadEndsInsteadOfSeeingNothingMore() throws Exception {
    try (Cluster cluster = new Cluster();
        OperatorProcess operator = OperatorProcess.start(cluster, "only", directory)) {
      create(cluster, "n1");
      awaitReconciled(cluster, "n1", operator);

      // As after an upgrade and a return to the version before.
      cluster.kubectl(
          "patch",
          "crd",
          "vsmmus.vsmmu.io",
          "--type=json",
          "-p=[{\"op\": \"add\", \"value\": \"Sometimes\", \"path\": \"/spec/versions/0/schema"
              + "/openAPIV3Schema/properties/spec/properties/resources/items/properties/nesting"
              + "/enum/-\"}]");
      eventually()
          .ignoreExceptionsInstanceOf(KubernetesClientException.class)
          .until(() -> createFromTheFuture(cluster, "n2") != null);

      assertThat(operator.awaitEnd()).as(operator.log()).isEqualTo(1);
      assertThat(operator.log()).contains("the watch of VSmmu cannot go on", "Sometimes");
    }
  }

  private static GenericKubernetesResource createFromTheFuture(Cluster cluster, String node) {
    GenericKubernetesResource vsmmu = new GenericKubernetesResource();
    vsmmu.setApiVersion("vsmmu.io/v1alpha1");
    vsmmu.setKind("VSmmu");
    vsmmu.setMetadata(new ObjectMetaBuilder().withName(node).build());
    vsmmu.setAdditionalProperty(
        "spec",
        Map.of(
            "nodeName",
            node,
            "resources",
            List.of(
                Map.of(
                    "name",
                    "vsmmu.io/nic",
                    "nesting",
                    "Sometimes",
                    "selectors",
                    List.of(Map.of("vendor", "8086"))))));
    return cluster.admin().resource(vsmmu).create();
  }

  private static void create(Cluster cluster, String node) {
    cluster.admin().resource(VSmmu.of(new VSmmuSpec(node, null, null, null))).create();
  }

  private static void awaitReconciled(Cluster cluster, String node, OperatorProcess... operators) {
    eventually()
        .untilAsserted(() -> {
          List.of(operators).forEach(OperatorProcess::assertAlive);
          VSmmu vsmmu = cluster.admin().resources(VSmmu.class).withName(node).get();
          assertThat(vsmmu.getStatus()).isNotNull();
          assertThat(ConditionType.Ready.in(vsmmu.getStatus().conditions()))
              .map(Condition::getReason)
              .contains("NodeNotFound");
        });
  }

  /** It opens its port when it has started to reconcile, and perhaps after the first. */
  private static void awaitServing(OperatorProcess operator) {
    eventually()
        .ignoreExceptionsInstanceOf(IOException.class)
        .until(() -> !operator.get("/q/health/live").isEmpty());
  }

  private static Optional<String> holder(Cluster cluster) {
    Lease lease =
        cluster.admin().leases().inNamespace(Names.NAMESPACE).withName(Names.OPERATOR).get();
    return Optional.ofNullable(lease.getSpec().getHolderIdentity())
        .filter(identity -> !identity.isEmpty());
  }

  private static List<JsonNode> parse(String log) throws IOException {
    ObjectMapper json = new ObjectMapper();
    List<JsonNode> lines = new ArrayList<>();
    for (String line : log.lines().toList()) {
      lines.add(json.readTree(line));
    }
    return lines;
  }
}
