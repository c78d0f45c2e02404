package io.vsmmu.agent.allocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.vsmmu.agent.inventory.Device;
import io.vsmmu.agent.inventory.DeviceState;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** When devices are free again, and what a restart of the agent does to them. */
class ReleaseTest extends AllocationsFixture {

  @Test
  void anAllocationIsReleasedWhenKubeletNoLongerListsIt() throws Exception {
    agent.allocate(FIRST);
    list(POD, FIRST);
    agent.look();
    assertThat(agent.only().container()).isEqualTo(POD);

    holders.clear();
    agent.look();

    assertNothingIsLeft();
    agent.awaitState(FIRST, DeviceState.AVAILABLE);
  }

  @Test
  void aKubeletThatWasRestartedHasAMomentToListWhatItHas() throws Exception {
    agent.allocate(FIRST);
    list(POD, FIRST);
    agent.look();

    kubelet = "second run";
    holders.clear();
    agent.look();
    assertThat(agent.ledger.allocations()).isNotEmpty();
    later(Duration.ofSeconds(5));
    agent.look();

    assertNothingIsLeft();
  }

  @Test
  void whatKubeletListsAgainGoesOn() throws Exception {
    var answer = agent.allocate(FIRST);
    var vm = agent.run(answer);
    list(POD, FIRST);
    agent.look();
    kubelet = "second run";
    holders.clear();
    agent.look();
    later(Duration.ofSeconds(5));
    agent.look();
    assertThat(agent.only().state()).isEqualTo(AllocationState.ENDING);
    points.close(answer.allocation());

    list(POD, FIRST);
    agent.look();

    assertThat(agent.only().state()).isEqualTo(AllocationState.HANDED_OFF);
    assertThat(points.served()).containsExactly(answer.allocation());
    // The container starts again, and gets what it had.
    vm.exit();
    agent.look();
    agent.run(answer).exit();
  }

  @Test
  void whatKubeletGaveToSomebodyElseDoesNotGoOn() throws Exception {
    var vm = agent.run(agent.allocate(FIRST));
    assertThatThrownBy(() -> agent.allocate(FIRST)).isInstanceOf(AllocationException.class);
    assertThat(agent.only().state()).isEqualTo(AllocationState.ENDING);

    list(POD, FIRST);
    agent.look();
    assertThat(agent.only().state()).isEqualTo(AllocationState.ENDING);

    vm.exit();
    agent.look();
    assertNothingIsLeft();
  }

  @Test
  void whatWasGivenOnWhileKubeletWasAskedIsNotReleasedFromItsNextContainer() throws Exception {
    agent.allocate(FIRST);
    list(POD, FIRST);
    agent.look();
    holders.clear();
    var binds = new AtomicInteger();
    afterRefusedBind = binds::incrementAndGet;
    var next = new AtomicReference<AllocationAnswer>();
    whileListing =
        () -> {
          try {
            next.set(agent.allocate(FIRST));
            agent.run(next.get());
          } catch (AllocationException e) {
            throw new AssertionError(e);
          }
        };

    agent.look();

    assertThat(binds).as("refused binds of a device that a VM has").hasValue(0);
    assertThat(agent.only().id()).isEqualTo(next.get().allocation());
    assertThat(agent.only().state()).isEqualTo(AllocationState.HANDED_OFF);
  }

  @Test
  void aDeviceThatCouldNotBeResetIsReleasedAndKeptFromTheNextContainerUntilItIs() throws Exception {
    agent.allocate(FIRST);
    list(POD, FIRST);
    agent.look();
    node.resets(false);

    holders.clear();
    agent.look();

    assertNothingIsLeft();
    agent.awaitState(FIRST, DeviceState.UNHEALTHY);
    assertThat(listed(FIRST).reason()).isEqualTo("ResetFailed");
    assertThatThrownBy(() -> agent.allocate(FIRST)).hasMessageContaining("could not be reset");

    node.resets(true);
    agent.inventory.refresh();
    agent.awaitState(FIRST, DeviceState.AVAILABLE);
  }

  @Test
  void anAllocationThatKubeletHasNotListedYetIsKeptForAWhile() throws Exception {
    agent.allocate(FIRST);

    later(Duration.ofSeconds(59));
    agent.look();
    assertThat(agent.ledger.allocations()).hasSize(1);

    later(Duration.ofSeconds(2));
    agent.look();
    assertNothingIsLeft();
  }

  @Test
  void nothingIsReleasedWhileKubeletDoesNotAnswer() throws Exception {
    agent.allocate(FIRST);
    kubeletAnswers = false;

    later(Duration.ofHours(1));
    agent.look();

    assertThat(agent.ledger.allocations()).hasSize(1);
  }

  @Test
  void nothingIsReleasedWhileKubeletDoesNotKnowItsPods() throws Exception {
    agent.allocate(FIRST);
    list(POD, FIRST);
    agent.look();
    // Restarted while the API server is away.
    holders.clear();
    kubeletKnowsItsPods = false;

    agent.look();
    later(Duration.ofHours(1));
    agent.look();
    assertThat(agent.ledger.allocations()).hasSize(1);

    kubeletKnowsItsPods = true;
    agent.look();
    later(Duration.ofSeconds(5));
    agent.look();
    assertNothingIsLeft();
  }

  @Test
  void whatAnIncompleteListHasIsTrueAllTheSame() throws Exception {
    agent.allocate(FIRST);
    list(POD, FIRST);
    kubeletKnowsItsPods = false;

    agent.look();

    assertThat(agent.only().container()).isEqualTo(POD);
  }

  @Test
  void aDeviceThatDoesNotAnswerAfterItsReleaseIsKeptFromUse() throws Exception {
    agent.allocate(FIRST);
    list(POD, FIRST);
    agent.look();
    agent.awaitState(FIRST, DeviceState.ALLOCATED);
    node.silence(FIRST);
    holders.clear();
    agent.look();
    later(Duration.ofSeconds(5));
    agent.look();

    assertNothingIsLeft();
    agent.awaitState(FIRST, DeviceState.UNHEALTHY);

    node.revive(FIRST);
    agent.inventory.refresh();
    agent.awaitState(FIRST, DeviceState.AVAILABLE);
  }

  @Test
  void whatWasAllocatedBeforeARebootIsDropped() throws Exception {
    var before = agent.allocate(FIRST);
    agent.kill();
    boot = "b00700aa-0000-4000-8000-000000000002";
    agent = new Agent();

    assertNothingIsLeft();
    agent.awaitState(FIRST, DeviceState.AVAILABLE);
    assertThat(agent.allocate(FIRST).allocation()).isNotEqualTo(before.allocation());
  }

  @Test
  void devicesAreFreeOnlyWhenNoProcessHasThemOpen() throws Exception {
    var vm = agent.run(agent.allocate(FIRST));
    list(POD, FIRST);
    agent.look();
    holders.clear();
    agent.look();
    later(Duration.ofSeconds(5));
    agent.look();

    assertThat(agent.only().state()).isEqualTo(AllocationState.ENDING);
    agent.awaitState(FIRST, DeviceState.ALLOCATED);

    vm.exit();
    agent.look();
    assertNothingIsLeft();
  }

  @Test
  void aRestartedAgentGoesOnWithWhatItsContainersHave() throws Exception {
    var collected = agent.allocate(FIRST);
    var vm = agent.run(collected);
    var waiting = agent.allocate(OTHER_SMMU);

    agent.kill();
    agent = new Agent();

    assertThat(points.served())
        .containsExactlyInAnyOrder(collected.allocation(), waiting.allocation());
    assertThat(agent.state(collected)).isEqualTo(AllocationState.HANDED_OFF);
    assertThat(agent.state(waiting)).isEqualTo(AllocationState.PREPARED);
    agent.awaitState(FIRST, DeviceState.ALLOCATED);
    agent.awaitState(OTHER_SMMU, DeviceState.ALLOCATED);
    assertThat(agent.run(waiting)).isNotNull();
    vm.exit();
  }

  @Test
  void aRestartedAgentListsWhatContainersHaveThoughItIsNoLongerSelected() throws Exception {
    agent.allocate(FIRST);
    list(POD, FIRST);
    agent.look();

    agent.kill();
    first = ResourceSpec.of(NIC, new DeviceSelector(null, null, null, SECOND, null, null));
    agent = new Agent();

    assertThat(listed(FIRST).reason()).isEqualTo("NoLongerSelected");
    assertThat(listed(FIRST).smmu()).isEqualTo(node.function(FIRST).smmu());
    agent.awaitState(SECOND, DeviceState.AVAILABLE);

    holders.clear();
    agent.look();
    later(Duration.ofSeconds(5));
    agent.look();
    await().until(() -> agent.inventory.snapshot().device(FIRST).isEmpty());
  }

  @Test
  void aRestartedAgentListsWhatContainersHaveUnderTheNameThatKubeletKnows() throws Exception {
    agent.allocate(FIRST);
    list(POD, FIRST);
    agent.look();

    agent.kill();
    first = ResourceSpec.of("vsmmu.io/fast-nic", DeviceSelector.ofVendor("8086"));
    agent = new Agent();

    assertThat(listed(FIRST).resource()).isEqualTo(NIC);
    assertThat(listed(SECOND).resource()).isEqualTo("vsmmu.io/fast-nic");

    holders.clear();
    agent.look();
    later(Duration.ofSeconds(5));
    agent.look();
    await().until(() -> listed(FIRST).resource().equals("vsmmu.io/fast-nic"));
    agent.awaitState(FIRST, DeviceState.AVAILABLE);
  }

  @Test
  void aRestartedAgentListsWhatContainersHaveThoughItLeftTheBus() throws Exception {
    agent.allocate(FIRST);

    agent.kill();
    node.unplug(FIRST);
    agent = new Agent();

    assertThat(listed(FIRST).state()).isEqualTo(DeviceState.UNHEALTHY);
    assertThat(listed(FIRST).reason()).isEqualTo("Vanished");
  }

  private Device listed(String id) {
    return agent.inventory.snapshot().device(id).orElseThrow();
  }

  @Test
  void aRestartDoesNotTakeAnAllocationForReleased() throws Exception {
    agent.allocate(FIRST);
    list(POD, FIRST);
    agent.look();

    agent.kill();
    later(Duration.ofHours(1));
    agent = new Agent();
    agent.look();
    assertThat(agent.only().container()).isEqualTo(POD);

    holders.clear();
    agent.look();
    later(Duration.ofSeconds(5));
    agent.look();
    assertNothingIsLeft();
  }
}
