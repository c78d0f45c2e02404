package io.vsmmu.operator.readiness;

import static io.vsmmu.operator.readiness.FactsOf.aReadyNode;
import static io.vsmmu.operator.readiness.FactsOf.condition;
import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.KubeVirtMachine;
import io.vsmmu.api.v1alpha1.PodReference;
import io.vsmmu.api.v1alpha1.VirtualMachineState;
import io.vsmmu.api.v1alpha1.VirtualMachineStatus;
import io.vsmmu.operator.agent.Heartbeat;
import java.time.Duration;
import java.util.stream.IntStream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ReleaseTest {

  @Test
  void theAgentsWordEndsTheWait() {
    Facts facts = aReadyNode().withConditions(condition(ConditionType.Released, true, "")).facts();

    assertThat(Release.of(facts)).isInstanceOf(Release.Done.class);
  }

  @Test
  void nobodyWaitsForANodeThatIsGone() {
    assertThat(Release.of(aReadyNode().withoutNode().facts())).isInstanceOf(Release.Done.class);
  }

  @Test
  void nobodyWaitsForAnAgentThatNeverRan() {
    FactsOf never = aReadyNode().withoutReport();

    assertThat(Release.of(never.withHeartbeat(new Heartbeat.Missing()).facts()))
        .isInstanceOf(Release.Done.class);
    // The lease of an agent that served an earlier VSmmu.
    assertThat(Release.of(never.withHeartbeat(new Heartbeat.Silent(Duration.ofDays(1))).facts()))
        .isInstanceOf(Release.Done.class);
  }

  @Test
  void anAgentThatLivesMayHaveTakenDevicesBeforeItsFirstReport() {
    assertThat(Release.of(aReadyNode().withoutReport().facts()))
        .isInstanceOf(Release.Waiting.class);
  }

  @Test
  void virtualMachinesThatUseDevicesAreNamed() {
    Facts facts =
        aReadyNode()
            .withMachines(
                machine("a1", new PodReference("tenants", "vm-1", null, null)), machine("a2", null))
            .facts();

    assertWaitsFor(facts, "virtual machines that use devices: pod tenants/vm-1, allocation a2");
  }

  @Test
  void aVirtualMachineOfKubeVirtIsNamedAsItsOwnerKnowsIt() {
    Facts facts =
        aReadyNode()
            .withMachines(machine("a1", new PodReference("tenants", "virt-launcher-x", null, null)))
            .withKubeVirtMachines(new KubeVirtMachine("tenants", "virt-launcher-x", "db"))
            .facts();

    assertWaitsFor(facts, "use devices: VirtualMachineInstance tenants/db (pod virt-launcher-x)");
  }

  @Test
  void manyVirtualMachinesAreCounted() {
    Facts facts =
        aReadyNode()
            .withMachines(
                IntStream.range(0, 25)
                    .mapToObj(i -> machine("a" + i, null))
                    .toArray(VirtualMachineStatus[]::new))
            .facts();

    assertWaitsFor(facts, "allocation a19, and 5 more");
  }

  @Test
  void whatAnAgentThatIsGoneLastSaidIsNotForgotten() {
    Facts facts =
        aReadyNode()
            .withMachines(machine("a1", new PodReference("tenants", "vm-1", null, null)))
            .withHeartbeat(new Heartbeat.Silent(Duration.ofMinutes(5)))
            .facts();

    assertWaitsFor(facts, "(used, when it last reported, by pod tenants/vm-1)");
  }

  @Test
  void anAgentThatIsGoneWithItsDevicesIsNamedWithTheCure() {
    Facts facts = aReadyNode().withHeartbeat(new Heartbeat.Silent(Duration.ofMinutes(5))).facts();

    assertWaitsFor(facts, "bring it back, or delete the Node");
  }

  private static void assertWaitsFor(Facts facts, String what) {
    assertThat(Release.of(facts))
        .asInstanceOf(InstanceOfAssertFactories.type(Release.Waiting.class))
        .satisfies(waiting -> assertThat(waiting.judgement().reason()).isEqualTo("Deleting"))
        .satisfies(waiting -> assertThat(waiting.judgement().message()).contains(what));
  }

  private static VirtualMachineStatus machine(String allocation, @Nullable PodReference pod) {
    return new VirtualMachineStatus(
        allocation, pod, VirtualMachineState.HandedOff, 1L, null, null, null);
  }
}
