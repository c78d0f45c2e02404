package io.vsmmu.operator.vsmmu;

import static io.vsmmu.operator.cluster.Cluster.agentSays;
import static io.vsmmu.operator.cluster.Cluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.operator.cluster.Cluster;
import io.vsmmu.operator.cluster.OperatorInProcess;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Operator and agent write to one status. Neither erases what the other says, whoever else writes,
 * and who has nothing new to say is silent.
 */
class TwoWritersTest {

  private static final String NIC = "vsmmu.io/nic";
  private static final int LEASE_SECONDS = 600;
  private static final int ROUNDS = 40;

  private Cluster cluster;

  @BeforeEach
  void start() {
    cluster = new Cluster();
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  @Test
  void noVersionOfTheStatusLacksWhatOneOfThemSaid() throws Exception {
    Queue<VSmmu> versions = new ConcurrentLinkedQueue<>();
    try (OperatorInProcess operator = OperatorInProcess.start(cluster)) {
      VSmmu vsmmu = provenNode("n1");
      try (SharedIndexInformer<VSmmu> watch =
          cluster.admin().resources(VSmmu.class).withName("n1").inform(new Collector(versions))) {
        atOnce(
            round -> report(vsmmu, 1 + round % 3),
            round -> cluster.advertise("n1", NIC, 1 + round % 3),
            round -> replaceSpec("n1", round % 2 == 0),
            round -> label("n1", round));

        replaceSpec("n1", false);
        report(cluster.admin().resource(vsmmu).get(), 2);
        cluster.advertise("n1", NIC, 2);
        awaitReason("n1", "Proven");
        String last = get("n1").getMetadata().getResourceVersion();
        eventually()
            .until(() ->
                versions.stream()
                    .anyMatch(version -> version.getMetadata().getResourceVersion().equals(last)));
      }
    }

    assertThat(versions).hasSizeGreaterThan(3 * ROUNDS);
    assertThat(versions)
        .allSatisfy(version -> {
          VSmmuStatus status = version.getStatus();
          assertThat(status.conditions())
              .extracting(Condition::getType)
              .containsExactlyInAnyOrder("Ready", "Degraded", "Discovered", "Registered");
          assertThat(status.observedGeneration()).isNotNull();
          assertThat(status.devices()).hasSize(Objects.requireNonNull(status.counts()).devices());
        });
  }

  @Test
  void anOperatorThatStartsAgainWritesNothingWhenNothingChanged() {
    List<String> nodes = List.of("n1", "n2", "n3");
    try (OperatorInProcess operator = OperatorInProcess.start(cluster)) {
      nodes.forEach(this::provenNode);
    }
    assertThat(cluster.operatorsWrites()).isNotEmpty();
    // The first one's last request may be logged only after its end.
    Instant startedAgain = Instant.now();

    try (OperatorInProcess operator = OperatorInProcess.start(cluster)) {
      eventually().until(() -> operator.reconciliations() >= nodes.size());
    }

    assertThat(cluster.operatorsWrites())
        .noneMatch(request -> request.received().isAfter(startedAgain));
  }

  @Test
  void whatTheAgentSaidWhileTheOperatorWasAwayStays() {
    VSmmu vsmmu;
    try (OperatorInProcess operator = OperatorInProcess.start(cluster)) {
      vsmmu = provenNode("n1");
    }
    report(vsmmu, 3);

    try (OperatorInProcess operator = OperatorInProcess.start(cluster)) {
      awaitReason("n1", "AllocatableTooLow");
    }

    assertThat(status("n1").devices()).hasSize(3);
    assertThat(status("n1").conditions())
        .extracting(Condition::getType)
        .containsExactlyInAnyOrder("Ready", "Degraded", "Discovered", "Registered");
  }

  @Test
  void anAgentThatStartsAgainAndSaysLessTakesBackItsOwnOnly() {
    try (OperatorInProcess operator = OperatorInProcess.start(cluster)) {
      VSmmu vsmmu = provenNode("n1");

      cluster.report(vsmmu, NIC, 0, agentSays(ConditionType.Discovered));
      awaitReason("n1", "NoDevices");
    }

    assertThat(status("n1").devices()).isEmpty();
    assertThat(status("n1").conditions())
        .extracting(Condition::getType)
        .containsExactlyInAnyOrder("Ready", "Degraded", "Discovered");
  }

  @Test
  void whatSomebodyElseErasesTheOperatorSaysAgain() {
    try (OperatorInProcess operator = OperatorInProcess.start(cluster)) {
      VSmmu vsmmu = provenNode("n1");

      cluster
          .admin()
          .resource(vsmmu)
          .subresource("status")
          .patch(
              PatchContext.of(PatchType.JSON_MERGE),
              "{\"status\":{\"conditions\":[],\"observedGeneration\":null}}");

      awaitReason("n1", "NotDiscovered");
      assertThat(status("n1").observedGeneration()).isEqualTo(1);

      report(vsmmu, 1);
      awaitReason("n1", "Proven");
    }
  }

  private void report(VSmmu vsmmu, int devices) {
    cluster.report(
        vsmmu,
        NIC,
        devices,
        agentSays(ConditionType.Discovered),
        agentSays(ConditionType.Registered));
  }

  private VSmmu provenNode(String node) {
    cluster.addNode(node);
    cluster.advertise(node, NIC, 1);
    VSmmu vsmmu = cluster.admin().resource(VSmmu.of(spec(node, false))).create();
    report(vsmmu, 1);
    cluster.renewLease(node, LEASE_SECONDS);
    awaitReason(node, "Proven");
    return vsmmu;
  }

  /** As an owner does who writes back what he read, and again if somebody was quicker. */
  private void replaceSpec(String node, boolean dryRun) {
    eventually()
        .ignoreExceptionsMatching(
            e -> e instanceof KubernetesClientException conflict && conflict.getCode() == 409)
        .until(() -> {
          VSmmu read = get(node);
          read.setSpec(spec(node, dryRun));
          read.setStatus(VSmmuStatus.EMPTY);
          return cluster.admin().resource(read).update() != null;
        });
  }

  private void label(String node, int round) {
    cluster
        .admin()
        .resources(VSmmu.class)
        .withName(node)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"metadata\":{\"labels\":{\"round\":\"%d\"}}}".formatted(round));
  }

  private static VSmmuSpec spec(String node, boolean dryRun) {
    return new VSmmuSpec(
        node, List.of(ResourceSpec.of(NIC, DeviceSelector.ofIds("8086", "10d3"))), null, dryRun);
  }

  private static void atOnce(IntConsumer... writers) throws InterruptedException {
    try (ExecutorService executor = Executors.newFixedThreadPool(writers.length)) {
      List<Callable<Object>> all =
          List.of(writers).stream()
              .map(writer -> Executors.callable(() -> IntStream.range(0, ROUNDS).forEach(writer)))
              .toList();
      executor.invokeAll(all).forEach(each -> assertThat(each).succeedsWithin(Duration.ZERO));
    }
  }

  private VSmmu get(String node) {
    return cluster.admin().resources(VSmmu.class).withName(node).get();
  }

  private VSmmuStatus status(String node) {
    return Objects.requireNonNullElse(get(node).getStatus(), VSmmuStatus.EMPTY);
  }

  private void awaitReason(String node, String reason) {
    eventually()
        .untilAsserted(() ->
            assertThat(ConditionType.Ready.in(status(node).conditions()))
                .map(Condition::getReason)
                .contains(reason));
  }

  /** Every version that the watch shows. */
  private record Collector(Queue<VSmmu> versions) implements ResourceEventHandler<VSmmu> {

    @Override
    public void onAdd(VSmmu vsmmu) {
      versions.add(vsmmu);
    }

    @Override
    public void onUpdate(VSmmu before, VSmmu now) {
      versions.add(now);
    }

    @Override
    public void onDelete(VSmmu vsmmu, boolean unknownFinalState) {
      versions.add(vsmmu);
    }
  }
}
