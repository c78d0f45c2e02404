package io.vsmmu.operator.readiness;

import static io.vsmmu.operator.readiness.FactsOf.NIC;
import static io.vsmmu.operator.readiness.FactsOf.aReadyNode;
import static io.vsmmu.operator.readiness.FactsOf.condition;
import static io.vsmmu.operator.readiness.FactsOf.device;
import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.DeviceState;
import io.vsmmu.api.v1alpha1.Nesting;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.operator.agent.Heartbeat;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ReadinessTest {

  static Stream<Arguments> contradictions() {
    return Stream.of(
        Arguments.of(aReadyNode().withoutNode(), "NodeNotFound", "Node n1 does not exist; join it"),
        Arguments.of(
            aReadyNode().withNodeTrouble("Unknown, Kubelet stopped posting node status."),
            "NodeNotReady",
            "condition Ready Unknown, Kubelet stopped posting node status."),
        Arguments.of(
            aReadyNode()
                .withoutReport()
                .withArchitecture("amd64")
                .withHeartbeat(new Heartbeat.Missing()),
            "AgentNotRolledOut",
            "(amd64, for which the agent's image must be made)"),
        Arguments.of(
            aReadyNode().withNodeInBoot("b2"),
            "AgentBeforeReboot",
            "the report is from boot b1 of node n1, which is in boot b2"),
        Arguments.of(
            aReadyNode()
                .withArchitecture("amd64")
                .withDevices(
                    device(
                        "0000:01:00.0", 1, DeviceState.Ineligible, "NoSmmu", "is behind no SMMU")),
            "NoDevices",
            "node n1 is amd64, and only Arm's SMMUv3 can nest"),
        Arguments.of(
            aReadyNode().withoutReport(), "AgentNotReported", "has not reported yet; see its log"),
        Arguments.of(
            aReadyNode().withoutReport().withHeartbeat(new Heartbeat.Missing()),
            "AgentNotRolledOut",
            "kubectl -n vsmmu-system get pods -o wide --field-selector spec.nodeName=n1"),
        Arguments.of(
            aReadyNode().withHeartbeat(new Heartbeat.Missing()),
            "AgentLeaseMissing",
            "Lease vsmmu-system/n1 does not exist"),
        Arguments.of(
            aReadyNode().withHeartbeat(new Heartbeat.Silent(Duration.ofMinutes(1))),
            "AgentStale",
            "Lease vsmmu-system/n1 is no longer renewed"),
        Arguments.of(
            aReadyNode().withReportOn(2),
            "AgentOutdated",
            "generation 2 of the spec, which is at 3"),
        Arguments.of(
            aReadyNode()
                .withConditions(
                    condition(ConditionType.Discovered, false, "/sys/class/iommu: EACCES")),
            "NotDiscovered",
            "/sys/class/iommu: EACCES"),
        Arguments.of(aReadyNode().withDryRun(), "DryRun", "spec.dryRun is set"),
        Arguments.of(
            aReadyNode().withDevices(), "NoDevices", "vsmmu.io/nic: no PCI function of the node"),
        Arguments.of(
            aReadyNode()
                .withDevices(
                    device("0000:01:00.0", 1, DeviceState.Ineligible, "Busy", "eth0 is up")),
            "NoDevices",
            "0000:01:00.0 is Ineligible: eth0 is up"),
        Arguments.of(
            aReadyNode().withConditions(condition(ConditionType.Discovered, true, "")),
            "NotRegistered",
            "the agent has not said so yet"),
        Arguments.of(
            aReadyNode()
                .withConditions(
                    condition(ConditionType.Discovered, true, ""),
                    condition(ConditionType.Registered, false, "kubelet.sock: ENOENT")),
            "NotRegistered",
            "kubelet.sock: ENOENT"),
        Arguments.of(
            aReadyNode().withAllocatable(Map.of("vsmmu.io/other", 2L)),
            "NotAllocatable",
            "vsmmu.io/nic: the agent offers 2, the kubelet does not know the resource"),
        Arguments.of(
            aReadyNode().withAllocatable(Map.of(NIC, 0L)),
            "AllocatableTooLow",
            "vsmmu.io/nic: the agent offers 2, the kubelet has 0 allocatable"),
        Arguments.of(
            aReadyNode().withAllocatable(Map.of(NIC, 3L)),
            "AllocatableTooHigh",
            "look for another device plugin that registers this name"));
  }

  @ParameterizedTest
  @MethodSource("contradictions")
  void eachWayToDisagreeHasItsReason(FactsOf node, String reason, String message) {
    Judgement judgement = Readiness.of(node.facts());

    assertThat(judgement.holds()).isFalse();
    assertThat(judgement.reason()).isEqualTo(reason);
    assertThat(judgement.message()).contains(message);
  }

  @Test
  void noTwoWaysToDisagreeLookAlike() {
    assertThat(contradictions().map(each -> Readiness.of(node(each).facts()).message()).toList())
        .doesNotHaveDuplicates();
  }

  private static FactsOf node(Arguments contradiction) {
    return (FactsOf) Objects.requireNonNull(contradiction.get()[0]);
  }

  @Test
  void anotherArchitectureIsReadyWhereNestingIsOnlyPreferred() {
    ResourceSpec preferred =
        new ResourceSpec(
            NIC,
            List.of(DeviceSelector.ofVendor("15b3")),
            null,
            null,
            null,
            null,
            null,
            Nesting.Preferred,
            null);

    assertThat(
            Readiness.of(aReadyNode().withArchitecture("amd64").withResources(preferred).facts()))
        .extracting(Judgement::reason)
        .isEqualTo("Proven");
  }

  @Test
  void agreementIsProof() {
    assertThat(Readiness.of(aReadyNode().facts()))
        .isEqualTo(
            new Judgement(
                ConditionType.Ready,
                true,
                "Proven",
                "agent and kubelet agree on what the node offers (vsmmu.io/nic: 2)"));
  }

  @Test
  void aSpecThatAsksForNothingNeedsNoRegistration() {
    Facts facts =
        aReadyNode()
            .withResources()
            .withDevices()
            .withConditions(condition(ConditionType.Discovered, true, ""))
            .facts();

    assertThat(Readiness.of(facts).holds()).isTrue();
  }

  @Test
  void functionsOfAGroupAreOneDeviceToTheKubelet() {
    Facts facts =
        aReadyNode()
            .withDevices(
                device("0000:01:00.0", 1, DeviceState.Available),
                device("0000:01:00.1", 1, DeviceState.Available),
                device("0000:02:00.0", null, DeviceState.Available))
            .facts();

    assertThat(Readiness.of(facts).reason()).isEqualTo("Proven");
  }

  @Test
  void unhealthyDevicesAreNotExpectedAmongTheAllocatable() {
    Facts facts =
        aReadyNode()
            .withDevices(
                device("0000:01:00.0", 1, DeviceState.Available),
                device("0000:02:00.0", 2, DeviceState.Unhealthy))
            .withAllocatable(Map.of(NIC, 1L))
            .facts();

    assertThat(Readiness.of(facts).reason()).isEqualTo("Proven");
  }

  @Test
  void aReportThatHadToBeCutShortIsALowerBound() {
    FactsOf cut = aReadyNode().withMoreDevicesThanListed(600);

    assertThat(Readiness.of(cut.withAllocatable(Map.of(NIC, 600L)).facts()).holds()).isTrue();
    assertThat(Readiness.of(cut.withAllocatable(Map.of(NIC, 1L)).facts()).message())
        .contains("at least 2");
  }
}
