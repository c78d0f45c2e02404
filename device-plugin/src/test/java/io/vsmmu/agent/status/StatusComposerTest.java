package io.vsmmu.agent.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.vsmmu.agent.allocation.Allocation;
import io.vsmmu.agent.allocation.AllocationState;
import io.vsmmu.agent.allocation.HandoffManifest;
import io.vsmmu.agent.allocation.PodContainer;
import io.vsmmu.agent.inventory.Device;
import io.vsmmu.agent.inventory.DeviceState;
import io.vsmmu.agent.inventory.InventorySnapshot;
import io.vsmmu.agent.inventory.NodeReport;
import io.vsmmu.agent.inventory.Wish;
import io.vsmmu.agent.probe.Obstacle;
import io.vsmmu.agent.probe.SmmuReport;
import io.vsmmu.agent.status.AgentFacts.Registration;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.Counts;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.DeviceStatus;
import io.vsmmu.api.v1alpha1.NestingParentStatus;
import io.vsmmu.api.v1alpha1.NodeStatus;
import io.vsmmu.api.v1alpha1.PodReference;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.api.v1alpha1.VirtualDeviceStatus;
import io.vsmmu.api.v1alpha1.VirtualIommuStatus;
import io.vsmmu.api.v1alpha1.VirtualMachineState;
import io.vsmmu.iommufd.topology.NodeTopology;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.PciFunction;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StatusComposerTest {

  private static final String NIC = "vsmmu.io/nic";
  private static final String GPU = "vsmmu.io/gpu";
  private static final String SMMU = "smmu3.0x000000000c000000";
  private static final String OTHER = "smmu3.0x000000000c020000";
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678Z");
  private static final ResourceSpec NICS = ResourceSpec.of(NIC, DeviceSelector.ofVendor("8086"));

  private final List<Device> devices = new ArrayList<>();
  private final Map<String, SmmuReport> smmus = new HashMap<>();
  private final List<String> remarks = new ArrayList<>();
  private final List<Allocation> allocations = new ArrayList<>();
  private final TreeMap<String, Registration> registrations = new TreeMap<>();
  private final List<Condition> before = new ArrayList<>();
  private Wish wish = new Wish(7, List.of(NICS), false);
  private Set<PciAddress> boundByUs = Set.of();
  private boolean deleting;

  @Test
  void everySelectedFunctionIsListedWithItsState() {
    devices.add(device("0000:09:00.0", SMMU, DeviceState.AVAILABLE, "Ready", ""));
    devices.add(device("0000:0a:00.0", OTHER, DeviceState.INELIGIBLE, "InUse", "eth0 is up"));

    assertThat(status().devices())
        .containsExactly(
            new DeviceStatus(
                "0000:09:00.0",
                NIC,
                SMMU,
                1,
                0,
                "8086",
                "10d3",
                "vfio-pci",
                io.vsmmu.api.v1alpha1.DeviceState.Available,
                null,
                null),
            new DeviceStatus(
                "0000:0a:00.0",
                NIC,
                OTHER,
                1,
                0,
                "8086",
                "10d3",
                "vfio-pci",
                io.vsmmu.api.v1alpha1.DeviceState.Ineligible,
                "InUse",
                "eth0 is up"));
    assertThat(status().counts()).isEqualTo(new Counts(2, 2, 0, 0));
    assertThat(status().observedGeneration()).isNull();
  }

  @Test
  void devicesBeyondTheLimitAreCountedOnly() {
    IntStream.range(0, 600)
        .mapToObj(i -> "0000:%02x:%02x.0".formatted(i / 32, i % 32))
        .forEach(
            address -> devices.add(device(address, SMMU, DeviceState.ALLOCATED, "Allocated", "")));

    assertThat(status().devices()).hasSize(VSmmuStatus.MAX_DEVICES);
    assertThat(status().counts()).isEqualTo(new Counts(1, 600, 600, 0));
  }

  @Test
  void ofTooManyDevicesThoseWithTroubleAreListedAndTheConditionSaysThatSomeAreNot() {
    IntStream.range(0, 600)
        .mapToObj(i -> "0000:%02x:%02x.0".formatted(i / 32, i % 32))
        .forEach(address -> devices.add(device(address, SMMU, DeviceState.AVAILABLE, "Ready", "")));
    devices.add(device("00ff:09:00.0", SMMU, DeviceState.UNHEALTHY, "Silent", "reads as 0xff"));

    assertThat(status().devices().getFirst().pciAddress()).isEqualTo("00ff:09:00.0");
    var discovered = ConditionType.Discovered.in(status().conditions()).orElseThrow();
    assertThat(discovered.getReason()).isEqualTo("DiscoveredWithRemarks");
    assertThat(discovered.getMessage()).contains("status.devices lists 512 of 601 functions");
  }

  /** Else the operator says of its resource that no function of the node matches. */
  @Test
  void ofTooManyDevicesOneOfEachResourceThatCanBeUsedIsListed() {
    IntStream.range(0, 600)
        .mapToObj(i -> "0000:%02x:%02x.0".formatted(i / 32, i % 32))
        .forEach(address -> devices.add(device(address, SMMU, DeviceState.AVAILABLE, "Ready", "")));
    devices.add(gpu("00ff:09:00.0"));

    assertThat(status().devices())
        .hasSize(VSmmuStatus.MAX_DEVICES)
        .extracting(DeviceStatus::resource)
        .contains(NIC, GPU);

    devices.replaceAll(device ->
        device.resource().equals(GPU)
            ? device
            : device(device.id(), SMMU, DeviceState.INELIGIBLE, "NoReset", "it has no reset"));
    assertThat(status().devices())
        .hasSize(VSmmuStatus.MAX_DEVICES)
        .extracting(DeviceStatus::resource)
        .contains(NIC, GPU);
  }

  @Test
  void aVirtualMachineIsShownWithItsTree() {
    allocations.add(
        new Allocation(
            "id",
            NIC,
            Set.of("0000:09:00.0"),
            AllocationState.HANDED_OFF,
            new PodContainer("default", "vm", "uid", "compute"),
            null,
            new HandoffManifest(
                HandoffManifest.VERSION,
                "id",
                List.of("iommufd", "vfio:0000:09:00.0"),
                1,
                "bypass",
                List.of(new HandoffManifest.NestingParent(3, SMMU)),
                List.of(
                    new HandoffManifest.Viommu(
                        4,
                        "arm-smmuv3",
                        SMMU,
                        3,
                        5,
                        6,
                        new HandoffManifest.Capabilities(44, 0, 16, true, false, List.of("4K")))),
                List.of(
                    new HandoffManifest.HandedDevice(
                        "0000:09:00.0", SMMU, 4, null, "/dev/vfio/devices/vfio0", false)))));

    assertThat(status().virtualMachines())
        .singleElement()
        .satisfies(vm -> {
          assertThat(vm.pod()).isEqualTo(new PodReference("default", "vm", "uid", "compute"));
          assertThat(vm.state()).isEqualTo(VirtualMachineState.HandedOff);
          assertThat(vm.ioas()).isEqualTo(1);
          assertThat(vm.nestingParents()).containsExactly(new NestingParentStatus(3L, SMMU));
          assertThat(vm.viommus()).containsExactly(new VirtualIommuStatus(4L, SMMU, 3L, 5L, 6L));
          assertThat(vm.devices())
              .containsExactly(new VirtualDeviceStatus("0000:09:00.0", 4L, null));
        });
    assertThat(status().counts()).isEqualTo(new Counts(0, 0, 0, 1));
  }

  @Test
  void anAllocationWhoseContextIsGoneIsShownWithoutATree() {
    allocations.add(allocation());

    assertThat(status().virtualMachines())
        .singleElement()
        .satisfies(vm -> {
          assertThat(vm.state()).isEqualTo(VirtualMachineState.Prepared);
          assertThat(vm.ioas()).isNull();
          assertThat(vm.viommus()).isEmpty();
        });
  }

  @Test
  void nestingIsSupportedWhenAllSmmusOfSelectedDevicesNest() {
    devices.add(device("0000:09:00.0", SMMU, DeviceState.AVAILABLE, "Ready", ""));
    devices.add(device("0000:0a:00.0", OTHER, DeviceState.AVAILABLE, "Ready", ""));
    assertThat(condition(ConditionType.NestingSupported)).isEqualTo("Unknown NotProbed");

    smmus.put(SMMU, new SmmuReport(SMMU, null, null));
    assertThat(condition(ConditionType.NestingSupported)).isEqualTo("Unknown NotProbed");

    smmus.put(OTHER, new SmmuReport(OTHER, null, null));
    assertThat(condition(ConditionType.NestingSupported)).isEqualTo("True Nests");

    smmus.put(OTHER, new SmmuReport(OTHER, new Obstacle("NoForcedWriteBack", "EOPNOTSUPP"), null));
    assertThat(condition(ConditionType.NestingSupported)).isEqualTo("False NoForcedWriteBack");
    assertThat(status().smmus())
        .filteredOn(smmu -> smmu.name().equals(OTHER))
        .singleElement()
        .matches(
            smmu -> Boolean.FALSE.equals(smmu.nesting()) && "EOPNOTSUPP".equals(smmu.message()));
  }

  @Test
  void withoutDevicesNestingIsUnknown() {
    assertThat(condition(ConditionType.NestingSupported)).isEqualTo("Unknown NoDevices");
  }

  @Test
  void remarksAreTold() {
    remarks.add("vsmmu.io/nic selects no device of this node");

    assertThat(condition(ConditionType.Discovered)).isEqualTo("True DiscoveredWithRemarks");
    assertThat(message(ConditionType.Discovered)).contains("selects no device");
  }

  @Test
  void everyResourceMustBeRegistered() {
    assertThat(condition(ConditionType.Registered)).isEqualTo("False NotRegistered");

    registrations.put(NIC, new Registration(false, "KubeletAway", "no kubelet.sock"));
    assertThat(condition(ConditionType.Registered)).isEqualTo("False KubeletAway");
    assertThat(message(ConditionType.Registered)).isEqualTo("vsmmu.io/nic: no kubelet.sock");

    registrations.put(NIC, new Registration(true, "Registered", ""));
    assertThat(condition(ConditionType.Registered)).isEqualTo("True Registered");
  }

  @Test
  void aDryRunRegistersNothing() {
    wish = new Wish(7, List.of(NICS), true);

    assertThat(condition(ConditionType.Registered)).isEqualTo("False DryRun");
  }

  @Test
  void releasedMeansDeletedAndWithdrawnAndFreeAndGivenBack() {
    assertThat(condition(ConditionType.Released)).isEqualTo("False InService");

    deleting = true;
    assertThat(condition(ConditionType.Released)).isEqualTo("False Withdrawing");

    wish = new Wish(8, List.of(), false);
    registrations.put(NIC, new Registration(true, "Registered", ""));
    assertThat(condition(ConditionType.Released)).isEqualTo("False Withdrawing");

    registrations.clear();
    allocations.add(allocation());
    boundByUs = Set.of(PciAddress.parse("0000:09:00.0"));
    assertThat(condition(ConditionType.Released)).isEqualTo("False InUse");
    assertThat(message(ConditionType.Released)).contains("allocation id");

    allocations.clear();
    assertThat(condition(ConditionType.Released)).isEqualTo("False GivingBack");
    assertThat(message(ConditionType.Released)).contains("0000:09:00.0");

    boundByUs = Set.of();
    assertThat(condition(ConditionType.Released)).isEqualTo("True Released");
  }

  @Test
  void aConditionKeepsItsTimeWhileItsStatusStays() {
    before.add(
        new ConditionBuilder()
            .withType("Discovered")
            .withStatus("True")
            .withLastTransitionTime("2025-01-01T00:00:00Z")
            .build());
    before.add(
        new ConditionBuilder()
            .withType("Released")
            .withStatus("True")
            .withLastTransitionTime("2025-01-01T00:00:00Z")
            .build());

    assertThat(get(ConditionType.Discovered).getLastTransitionTime())
        .isEqualTo("2025-01-01T00:00:00Z");
    assertThat(get(ConditionType.Released).getLastTransitionTime())
        .isEqualTo("2026-01-02T03:04:05Z");
    assertThat(get(ConditionType.Released).getObservedGeneration()).isEqualTo(7);
  }

  private VSmmuStatus status() {
    var resources = new LinkedHashSet<String>();
    if (!wish.dryRun()) {
      wish.resources().forEach(resource -> resources.add(resource.name()));
    }
    var facts =
        new AgentFacts(
            new NodeReport(
                wish,
                NodeTopology.of(
                    devices.stream().map(StatusComposerTest::function).toList(),
                    List.of(),
                    List.of()),
                new InventorySnapshot(resources, devices),
                smmus,
                boundByUs,
                remarks),
            allocations,
            registrations);
    return new StatusComposer(new Identity("1", new NodeStatus("aarch64", "7.3.4", "boot")))
        .compose(new VSmmuView("uid", wish, deleting, before), facts, NOW);
  }

  private Condition get(ConditionType type) {
    return type.in(status().conditions()).orElseThrow();
  }

  private String condition(ConditionType type) {
    return get(type).getStatus() + " " + get(type).getReason();
  }

  private String message(ConditionType type) {
    return get(type).getMessage();
  }

  private static Allocation allocation() {
    return new Allocation(
        "id", NIC, Set.of("0000:09:00.0"), AllocationState.PREPARED, null, null, null);
  }

  private static Device device(
      String address, String smmu, DeviceState state, String reason, String message) {
    return new Device(NIC, List.of(PciAddress.parse(address)), smmu, 1, 0, state, reason, message);
  }

  private static Device gpu(String address) {
    return new Device(
        GPU, List.of(PciAddress.parse(address)), SMMU, 2, 0, DeviceState.AVAILABLE, "Ready", "");
  }

  private static PciFunction function(Device device) {
    return new PciFunction(
        device.functions().getFirst(),
        0x8086,
        0x10d3,
        0x020000,
        "vfio-pci",
        "vfio-pci",
        1,
        0,
        device.smmu(),
        "vfio0",
        null,
        null,
        List.of(),
        List.of("flr"),
        List.of(),
        List.of());
  }
}
