package io.vsmmu.operator.vsmmu;

import static io.vsmmu.operator.cluster.Cluster.agentSays;
import static io.vsmmu.operator.cluster.Cluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.Names;
import io.vsmmu.api.v1alpha1.PodReference;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.api.v1alpha1.VirtualMachineState;
import io.vsmmu.api.v1alpha1.VirtualMachineStatus;
import io.vsmmu.operator.cluster.Cluster;
import io.vsmmu.operator.cluster.OperatorInProcess;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** On a real API server, with the rights that {@code deploy/base} gives. */
@Execution(ExecutionMode.SAME_THREAD)
class VSmmuReconcilerTest {

  private static final String NIC = "vsmmu.io/nic";
  // Leases, in seconds: one that lasts for a test, one that a test can see expire.
  private static final int FRESH = 600;
  private static final int SHORT = 6;
  // One that a test renews, twice a second unless the machine is busy.
  private static final int RENEWED = 20;

  private static Cluster cluster;
  private static OperatorInProcess operator;

  @BeforeAll
  static void start() {
    cluster = new Cluster();
    operator = OperatorInProcess.start(cluster);
  }

  @AfterAll
  static void stop() {
    operator.close();
    cluster.close();
  }

  @Test
  void aNodeGetsReadyWhenAgentLeaseAndKubeletAgree() {
    VSmmu vsmmu = create("ready");
    awaitReason(vsmmu, "NodeNotFound");

    cluster.addNode("ready");
    awaitReason(vsmmu, "AgentNotRolledOut");
    awaitLabel("ready");

    cluster.renewLease("ready", FRESH);
    awaitReason(vsmmu, "AgentNotReported");

    cluster.report(vsmmu, NIC, 3, agentSays(ConditionType.Discovered));
    awaitReason(vsmmu, "NotRegistered");

    cluster.report(
        vsmmu, NIC, 3, agentSays(ConditionType.Discovered), agentSays(ConditionType.Registered));
    awaitReason(vsmmu, "NotAllocatable");
    assertThat(ready(vsmmu).orElseThrow().getMessage())
        .contains("vsmmu.io/nic: the agent offers 3, the kubelet does not know the resource");

    cluster.advertise("ready", NIC, 3);
    awaitReason(vsmmu, "Proven");
    assertThat(ready(vsmmu).orElseThrow().getStatus()).isEqualTo("True");

    cluster.advertise("ready", NIC, 2);
    awaitReason(vsmmu, "AllocatableTooLow");

    cluster.advertise("ready", NIC, 4);
    awaitReason(vsmmu, "AllocatableTooHigh");

    assertThat(reasonsOfEvents(vsmmu))
        .containsOnlyOnce("NodeNotFound", "AgentNotReported", "NotRegistered", "Proven");
  }

  @Test
  void theLabelThatSomebodyTakesOffANodeIsPutBack() {
    create("unlabelled");
    cluster.addNode("unlabelled");
    awaitLabel("unlabelled");

    cluster.kubectl("label", "node", "unlabelled", Names.NODE_LABEL + "-");

    awaitLabel("unlabelled");
  }

  @Test
  void aNodeThatIsLostAndJoinsAnewGetsItsAgentAgain() {
    VSmmu vsmmu = provenNode("lost", FRESH);

    cluster.admin().nodes().withName("lost").delete();
    awaitReason(vsmmu, "NodeNotFound");

    cluster.addNode("lost");
    awaitLabel("lost");
    awaitReason(vsmmu, "NotAllocatable");

    cluster.advertise("lost", NIC, 1);
    awaitReason(vsmmu, "Proven");
  }

  @Test
  void aNodeWhoseKubeletIsSilentIsNotReady() {
    VSmmu vsmmu = provenNode("kubelet-lost", FRESH);

    cluster.condition("kubelet-lost", "Unknown", "Kubelet stopped posting node status.");

    awaitReason(vsmmu, "NodeNotReady");
    assertThat(ready(vsmmu).orElseThrow().getMessage())
        .contains("Kubelet stopped posting node status.");
  }

  @Test
  void aSilentAgentMakesTheNodeUnready() {
    VSmmu vsmmu = provenNode("silent", SHORT);

    // No renewal follows.
    awaitReason(vsmmu, "AgentStale");

    cluster.renewLease("silent", FRESH);
    awaitReason(vsmmu, "Proven");
  }

  @Test
  void aChangedSpecIsNotProvenByAReportOnTheOldOne() {
    VSmmu vsmmu = provenNode("outdated", FRESH);

    Cluster.edit(
        cluster.admin().resources(VSmmu.class).withName("outdated"),
        current -> {
          current.setSpec(
              new VSmmuSpec(
                  "outdated",
                  List.of(ResourceSpec.of(NIC, DeviceSelector.ofVendor("15b3"))),
                  null,
                  null));
          return current;
        });

    awaitReason(vsmmu, "AgentOutdated");
    assertThat(get(vsmmu).getStatus().observedGeneration()).isEqualTo(2);
  }

  @Test
  void nothingIsWrittenWhenNothingChanged() {
    VSmmu vsmmu = provenNode("quiet", RENEWED);
    String version = get(vsmmu).getMetadata().getResourceVersion();

    // Renewals in time, and the checks that the operator makes of them.
    eventually()
        .pollInterval(Duration.ofMillis(500))
        .during(Duration.ofSeconds(RENEWED + 1))
        .untilAsserted(() -> {
          cluster.renewLease("quiet", RENEWED);
          assertThat(get(vsmmu).getMetadata().getResourceVersion()).isEqualTo(version);
        });
  }

  @Test
  void operatorAndAgentKeepOutOfEachOthersFields() {
    VSmmu vsmmu = provenNode("two-writers", FRESH);

    VSmmuStatus status = get(vsmmu).getStatus();

    assertThat(status.conditions())
        .extracting(Condition::getType)
        .containsExactlyInAnyOrder("Ready", "Degraded", "Discovered", "Registered");
    assertThat(status.devices()).hasSize(1);
    assertThat(get(vsmmu).getMetadata().getManagedFields())
        .filteredOn(entry -> "status".equals(entry.getSubresource()))
        .extracting(entry -> entry.getManager() + " " + entry.getOperation())
        .containsExactlyInAnyOrder("vsmmu-operator Apply", "vsmmu-agent Apply");
  }

  @Test
  void theDaemonSetIsMadeAndItsDriftCorrected() {
    create("rollout");
    DaemonSet daemonSet = eventually().until(() -> cluster.agents().get(), d -> d != null);

    assertThat(daemonSet.getSpec().getTemplate().getSpec().getContainers())
        .singleElement()
        .satisfies(container -> {
          assertThat(container.getImage()).isEqualTo(OperatorInProcess.AGENT_IMAGE);
          assertThat(container.getSecurityContext().getPrivileged()).isTrue();
        });

    Cluster.edit(
        cluster.admin().resource(daemonSet),
        current ->
            new DaemonSetBuilder(current)
                .editSpec()
                .editTemplate()
                .editSpec()
                .editContainer(0)
                .withImage("registry.example/somebody-elses:9")
                .endContainer()
                .endSpec()
                .endTemplate()
                .endSpec()
                .build());

    eventually()
        .untilAsserted(() ->
            assertThat(
                    cluster
                        .agents()
                        .get()
                        .getSpec()
                        .getTemplate()
                        .getSpec()
                        .getContainers()
                        .getFirst()
                        .getImage())
                .isEqualTo(OperatorInProcess.AGENT_IMAGE));

    cluster.admin().resource(daemonSet).delete();
    eventually()
        .untilAsserted(() ->
            assertThat(cluster.agents().get())
                .isNotNull()
                .extracting(found -> found.getMetadata().getUid())
                .isNotEqualTo(daemonSet.getMetadata().getUid()));
  }

  @Test
  void deletionWaitsForTheAgentToGiveTheDevicesBack() {
    VSmmu vsmmu = provenNode("deleted", FRESH);
    cluster.report("deleted", using("deleted", vsmmu));

    cluster.admin().resource(vsmmu).delete();

    awaitReason(vsmmu, "Deleting");
    eventually()
        .untilAsserted(
            () -> assertThat(ready(vsmmu).orElseThrow().getMessage()).contains("pod tenants/vm-1"));
    assertThat(labels("deleted")).containsEntry(Names.NODE_LABEL, "true");

    cluster.report(vsmmu, NIC, 0, agentSays(ConditionType.Released));

    eventually().untilAsserted(() -> assertThat(cluster.admin().resource(vsmmu).get()).isNull());
    assertThat(labels("deleted")).doesNotContainKey(Names.NODE_LABEL);
    assertThat(lease("deleted")).isNull();
  }

  @Test
  void aDeletionThatMeetsAWriteOfTheStatusIsNotMissed() {
    // Nothing else tells of these: they have no node, no agent, no lease.
    for (int i = 0; i < 40; i++) {
      VSmmu vsmmu = create("brief-" + i);
      eventually().until(() -> get(vsmmu).hasFinalizer(VSmmuReconciler.FINALIZER));
      cluster.admin().resource(vsmmu).delete();
    }

    eventually()
        .untilAsserted(() ->
            assertThat(cluster.admin().resources(VSmmu.class).list().getItems())
                .extracting(left -> left.getMetadata().getName())
                .noneMatch(name -> name.startsWith("brief-")));
  }

  @Test
  void deletionDoesNotWaitForANodeThatIsGone() {
    VSmmu vsmmu = provenNode("vanished", FRESH);
    cluster.admin().nodes().withName("vanished").delete();
    awaitReason(vsmmu, "NodeNotFound");
    assertThat(lease("vanished")).isNotNull();

    cluster.admin().resource(vsmmu).delete();

    eventually().untilAsserted(() -> assertThat(cluster.admin().resource(vsmmu).get()).isNull());
    assertThat(lease("vanished")).isNull();
  }

  private static VSmmu create(String node) {
    return cluster
        .admin()
        .resource(
            VSmmu.of(
                new VSmmuSpec(
                    node,
                    List.of(ResourceSpec.of(NIC, DeviceSelector.ofIds("8086", "10d3"))),
                    null,
                    null)))
        .create();
  }

  private static VSmmu provenNode(String node, int leaseSeconds) {
    cluster.addNode(node);
    VSmmu vsmmu = create(node);
    cluster.advertise(node, NIC, 1);
    cluster.report(
        vsmmu, NIC, 1, agentSays(ConditionType.Discovered), agentSays(ConditionType.Registered));
    // A short one must not expire before the operator has seen all of it.
    eventually()
        .untilAsserted(() -> {
          cluster.renewLease(node, leaseSeconds);
          assertThat(ready(vsmmu)).map(Condition::getReason).contains("Proven");
        });
    return vsmmu;
  }

  private static VSmmuStatus using(String name, VSmmu vsmmu) {
    VSmmuStatus status = get(vsmmu).getStatus();
    return VSmmuStatus.ofAgent(
        List.of(agentSays(ConditionType.Discovered), agentSays(ConditionType.Registered)),
        Objects.requireNonNull(status.agent()),
        null,
        List.of(),
        status.devices(),
        List.of(
            new VirtualMachineStatus(
                name + "-allocation",
                new PodReference("tenants", "vm-1", "uid", "compute"),
                VirtualMachineState.HandedOff,
                1L,
                null,
                null,
                null)),
        status.counts());
  }

  private static VSmmu get(VSmmu vsmmu) {
    return cluster.admin().resource(vsmmu).get();
  }

  private static Optional<Condition> ready(VSmmu vsmmu) {
    return Optional.ofNullable(get(vsmmu).getStatus())
        .flatMap(status -> ConditionType.Ready.in(status.conditions()));
  }

  private static void awaitReason(VSmmu vsmmu, String reason) {
    eventually()
        .untilAsserted(() -> assertThat(ready(vsmmu)).map(Condition::getReason).contains(reason));
  }

  private static void awaitLabel(String node) {
    eventually()
        .untilAsserted(() -> assertThat(labels(node)).containsEntry(Names.NODE_LABEL, "true"));
  }

  private static @Nullable Lease lease(String node) {
    return cluster.admin().leases().inNamespace(Names.NAMESPACE).withName(node).get();
  }

  private static Map<String, String> labels(String node) {
    return Objects.requireNonNullElse(
        cluster.admin().nodes().withName(node).get().getMetadata().getLabels(), Map.of());
  }

  private static List<String> reasonsOfEvents(VSmmu vsmmu) {
    return cluster.admin().v1().events().inNamespace("default").list().getItems().stream()
        .filter(event -> vsmmu.getMetadata().getName().equals(event.getInvolvedObject().getName()))
        .map(Event::getReason)
        .toList();
  }
}
