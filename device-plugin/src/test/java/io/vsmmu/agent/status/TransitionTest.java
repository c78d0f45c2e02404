package io.vsmmu.agent.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.vsmmu.agent.allocation.Allocation;
import io.vsmmu.agent.allocation.AllocationState;
import io.vsmmu.agent.allocation.PodContainer;
import io.vsmmu.agent.inventory.Device;
import io.vsmmu.agent.inventory.DeviceState;
import io.vsmmu.agent.inventory.InventorySnapshot;
import io.vsmmu.agent.inventory.NodeReport;
import io.vsmmu.agent.inventory.Wish;
import io.vsmmu.agent.status.AgentFacts.Registration;
import io.vsmmu.iommufd.topology.NodeTopology;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.PciFunction;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TransitionTest {
  private static final String NIC = "vsmmu.io/nic";
  private static final String ID = "0000:01:00.0";

  @Test
  void theFirstLookTellsNothing() {
    assertThat(Transition.between(null, facts(device(DeviceState.UNHEALTHY)))).isEmpty();
  }

  @Test
  void whatStaysAsItWasTellsNothing() {
    var facts = facts(device(DeviceState.UNHEALTHY));

    assertThat(Transition.between(facts, facts(device(DeviceState.UNHEALTHY)))).isEmpty();
  }

  @Test
  void aDeviceThatFailsIsAWarningWithItsReason() {
    assertThat(
            Transition.between(
                facts(device(DeviceState.ALLOCATED)), facts(device(DeviceState.UNHEALTHY))))
        .containsExactly(
            new Transition(
                true,
                "NoAnswer",
                "Probe",
                "0000:01:00.0 of vsmmu.io/nic cannot be used: it reads as 0xFF"));
  }

  @Test
  void aDeviceThatComesBackIsToldToo() {
    assertThat(
            Transition.between(
                facts(device(DeviceState.UNHEALTHY)), facts(device(DeviceState.AVAILABLE))))
        .containsExactly(
            new Transition(
                false,
                "DeviceRecovered",
                "Probe",
                "0000:01:00.0 of vsmmu.io/nic can be used again"));
  }

  @Test
  void aDeviceThatIsTakenOrFreedIsNoTransition() {
    assertThat(
            Transition.between(
                facts(device(DeviceState.AVAILABLE)), facts(device(DeviceState.ALLOCATED))))
        .isEmpty();
  }

  @Test
  void thatADryRunBeginsOrEndsIsNoTransitionOfEachDevice() {
    var planned = dryRun(facts(device(DeviceState.INELIGIBLE)));
    var offered = facts(device(DeviceState.AVAILABLE));

    assertThat(Transition.between(planned, offered)).isEmpty();
    assertThat(Transition.between(offered, planned)).isEmpty();
  }

  @Test
  void aFreeDeviceThatLeavesTheBusIsAWarningAndOneThatComesIsTold() {
    var there = onTheBus(facts(device(DeviceState.AVAILABLE)));

    assertThat(Transition.between(there, facts()))
        .containsExactly(
            new Transition(
                true,
                "Vanished",
                "Discover",
                "0000:01:00.0 of vsmmu.io/nic is gone from the PCI bus"));
    assertThat(Transition.between(facts(), there))
        .containsExactly(
            new Transition(
                false,
                "DeviceAppeared",
                "Discover",
                "0000:01:00.0 of vsmmu.io/nic is on the PCI bus and can be used"));
  }

  @Test
  void aDeviceThatIsSelectedAnewOrNoMoreIsNoTransition() {
    var selected = onTheBus(facts(device(DeviceState.AVAILABLE)));
    var unselected = onTheBus(facts());

    assertThat(Transition.between(selected, unselected)).isEmpty();
    assertThat(Transition.between(unselected, selected)).isEmpty();
  }

  @Test
  void kubeletComesAndGoes() {
    var lost = facts(Map.of(NIC, new Registration(false, "KubeletAbsent", "no socket")));
    var registered = facts(Map.of(NIC, new Registration(true, "Registered", "")));

    assertThat(Transition.between(lost, registered))
        .extracting(Transition::reason)
        .containsExactly("Registered");
    assertThat(Transition.between(registered, lost))
        .containsExactly(
            new Transition(true, "KubeletAbsent", "Register", "vsmmu.io/nic: no socket"));
    assertThat(Transition.between(lost, lost)).isEmpty();
  }

  @Test
  void devicesGoToAPodAndComeBack() {
    var pod = new PodContainer("vms", "vm-1", null, "compute");
    var prepared = facts(allocation(AllocationState.PREPARED, null));
    var handed = facts(allocation(AllocationState.HANDED_OFF, pod));
    var ending = facts(allocation(AllocationState.ENDING, pod));

    assertThat(Transition.between(prepared, handed))
        .extracting(Transition::note)
        .containsExactly("[0000:01:00.0] of vsmmu.io/nic went to pod vms/vm-1");
    assertThat(Transition.between(handed, ending)).isEmpty();
    assertThat(Transition.between(ending, facts()))
        .extracting(Transition::reason, Transition::note)
        .containsExactly(
            tuple("Released", "[0000:01:00.0] of vsmmu.io/nic came back from pod vms/vm-1"));
    assertThat(Transition.between(prepared, facts()))
        .extracting(Transition::note)
        .containsExactly(
            "[0000:01:00.0] of vsmmu.io/nic came back from a pod that never collected them");
  }

  private static Allocation allocation(AllocationState state, @Nullable PodContainer pod) {
    return new Allocation("a", NIC, Set.of(ID), state, pod, null, null);
  }

  private static Device device(DeviceState state) {
    return new Device(
        NIC, List.of(PciAddress.parse(ID)), "smmu3.a", 1, 0, state, "NoAnswer", "it reads as 0xFF");
  }

  private static AgentFacts dryRun(AgentFacts facts) {
    var report = facts.report();
    return new AgentFacts(
        new NodeReport(
            new Wish(report.wish().generation(), report.wish().resources(), true),
            report.topology(),
            report.inventory(),
            report.smmus(),
            report.boundByUs(),
            report.remarks()),
        facts.allocations(),
        facts.registrations());
  }

  private static AgentFacts onTheBus(AgentFacts facts) {
    var report = facts.report();
    var function =
        new PciFunction(
            PciAddress.parse(ID),
            0x8086,
            0x1521,
            0x020000,
            "vfio-pci",
            null,
            1,
            0,
            "smmu3.a",
            "vfio0",
            null,
            null,
            List.of(),
            List.of("flr"),
            List.of(),
            List.of());
    return new AgentFacts(
        new NodeReport(
            report.wish(),
            NodeTopology.of(List.of(function), List.of(), List.of()),
            report.inventory(),
            report.smmus(),
            report.boundByUs(),
            report.remarks()),
        facts.allocations(),
        facts.registrations());
  }

  private static AgentFacts facts(Device... devices) {
    return facts(List.of(devices), List.of(), Map.of());
  }

  private static AgentFacts facts(Allocation... allocations) {
    return facts(List.of(), List.of(allocations), Map.of());
  }

  private static AgentFacts facts() {
    return facts(List.of(), List.of(), Map.of());
  }

  private static AgentFacts facts(Map<String, Registration> registrations) {
    return facts(List.of(), List.of(), registrations);
  }

  private static AgentFacts facts(
      List<Device> devices, List<Allocation> allocations, Map<String, Registration> registrations) {
    return new AgentFacts(
        new NodeReport(
            new Wish(1, List.of(), false),
            NodeTopology.of(List.of(), List.of(), List.of()),
            new InventorySnapshot(new LinkedHashSet<>(List.of(NIC)), devices),
            Map.of(),
            Set.of(),
            List.of()),
        allocations,
        new TreeMap<>(registrations));
  }
}
