package io.vsmmu.bench.operator;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.vsmmu.api.v1alpha1.AgentStatus;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.Counts;
import io.vsmmu.api.v1alpha1.DeviceState;
import io.vsmmu.api.v1alpha1.DeviceStatus;
import io.vsmmu.api.v1alpha1.NestingParentStatus;
import io.vsmmu.api.v1alpha1.NodeStatus;
import io.vsmmu.api.v1alpha1.PodReference;
import io.vsmmu.api.v1alpha1.SmmuCapabilitiesStatus;
import io.vsmmu.api.v1alpha1.SmmuStatus;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.api.v1alpha1.VirtualDeviceStatus;
import io.vsmmu.api.v1alpha1.VirtualIommuStatus;
import io.vsmmu.api.v1alpha1.VirtualMachineState;
import io.vsmmu.api.v1alpha1.VirtualMachineStatus;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What the agent of a server with eight NICs behind four SMMUs reports; a VM has half of them. */
final class AgentReport {

  static final int DEVICES = 8;

  private static final int SMMUS = 4;

  private AgentReport() {}

  /** A status, but for the operator's part. */
  static VSmmuStatus of(String resource) {
    return VSmmuStatus.ofAgent(
        Stream.of(
                ConditionType.Discovered, ConditionType.NestingSupported, ConditionType.Registered)
            .map(AgentReport::holds)
            .toList(),
        new AgentStatus(1L, "0.1.0"),
        new NodeStatus("aarch64", "7.3.4", "0b5c1d5e-0000-4000-8000-000000000001"),
        IntStream.range(0, SMMUS).mapToObj(AgentReport::smmu).toList(),
        IntStream.range(0, DEVICES).mapToObj(i -> device(i, resource)).toList(),
        List.of(machine()),
        new Counts(SMMUS, DEVICES, DEVICES / 2, 1));
  }

  private static Condition holds(ConditionType type) {
    return new ConditionBuilder()
        .withType(type.name())
        .withStatus("True")
        .withReason("AsItShouldBe")
        .withMessage("4 SMMUs and 8 PCI functions that a selector matches")
        .withLastTransitionTime(Instant.EPOCH.toString())
        .withObservedGeneration(1L)
        .build();
  }

  private static SmmuStatus smmu(int i) {
    return new SmmuStatus(
        smmuName(i),
        true,
        null,
        null,
        new SmmuCapabilitiesStatus(
            48, 32, 20, true, true, false, true, List.of("4K", "16K", "64K")),
        DEVICES / SMMUS);
  }

  private static String smmuName(int i) {
    return "smmu3.0x00000000%02d000000".formatted(i + 10);
  }

  private static String address(int i) {
    return "%04x:01:00.0".formatted(i);
  }

  private static DeviceStatus device(int i, String resource) {
    boolean allocated = i < DEVICES / 2;
    return new DeviceStatus(
        address(i),
        resource,
        smmuName(i % SMMUS),
        i,
        i % 2,
        "8086",
        "10d3",
        "vfio-pci",
        allocated ? DeviceState.Allocated : DeviceState.Available,
        null,
        null);
  }

  private static VirtualMachineStatus machine() {
    return new VirtualMachineStatus(
        "0b5c1d5e-0000-4000-8000-000000000002",
        new PodReference("default", "virt-launcher-guest-x7k2p", "0b5c1d5e", "compute"),
        VirtualMachineState.HandedOff,
        1L,
        List.of(new NestingParentStatus(2L, smmuName(0))),
        IntStream.range(0, SMMUS)
            .mapToObj(i -> new VirtualIommuStatus(3L + i, smmuName(i), 2L, 10L + i, 20L + i))
            .toList(),
        IntStream.range(0, DEVICES / 2)
            .mapToObj(i -> new VirtualDeviceStatus(address(i), 3L + i, null))
            .toList());
  }
}
