package io.vsmmu.operator.readiness;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.vsmmu.api.v1alpha1.AgentStatus;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.Counts;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.DeviceState;
import io.vsmmu.api.v1alpha1.DeviceStatus;
import io.vsmmu.api.v1alpha1.KubeVirtMachine;
import io.vsmmu.api.v1alpha1.KubeVirtStatus;
import io.vsmmu.api.v1alpha1.NodeStatus;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.api.v1alpha1.SmmuStatus;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.api.v1alpha1.VirtualMachineStatus;
import io.vsmmu.operator.agent.Heartbeat;
import io.vsmmu.operator.node.NodeView;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Facts about a ready node with two devices, of which a test changes what it is about. */
final class FactsOf {

  static final String NIC = "vsmmu.io/nic";
  private static final long GENERATION = 3;
  private static final String BOOT = "b1";
  private static final NodeView NODE =
      new NodeView(Map.of(NIC, 2L), Optional.empty(), Optional.of("arm64"), Optional.of(BOOT));

  private List<ResourceSpec> resources =
      List.of(ResourceSpec.of(NIC, DeviceSelector.ofVendor("15b3")));
  private boolean dryRun;
  private Optional<NodeView> node = Optional.of(NODE);
  private Heartbeat heartbeat = new Heartbeat.Beating(Duration.ofSeconds(40));
  private @Nullable AgentStatus agent = new AgentStatus(GENERATION, "test");
  private List<Condition> conditions =
      List.of(
          condition(ConditionType.Discovered, true, ""),
          condition(ConditionType.Registered, true, ""));
  private List<DeviceStatus> devices =
      List.of(
          device("0000:01:00.0", 1, DeviceState.Available),
          device("0000:02:00.0", 2, DeviceState.Allocated));
  private List<VirtualMachineStatus> machines = List.of();
  private List<SmmuStatus> smmus = List.of();
  private @Nullable KubeVirtStatus kubevirt;
  private int matching = 2;

  static FactsOf aReadyNode() {
    return new FactsOf();
  }

  FactsOf withResources(ResourceSpec... resources) {
    this.resources = List.of(resources);
    return this;
  }

  FactsOf withDryRun() {
    this.dryRun = true;
    return this;
  }

  FactsOf withoutNode() {
    this.node = Optional.empty();
    return this;
  }

  FactsOf withAllocatable(Map<String, Long> allocatable) {
    this.node =
        Optional.of(new NodeView(allocatable, NODE.trouble(), NODE.architecture(), NODE.bootId()));
    return this;
  }

  FactsOf withNodeTrouble(String trouble) {
    this.node =
        Optional.of(
            new NodeView(
                NODE.allocatable(), Optional.of(trouble), NODE.architecture(), NODE.bootId()));
    return this;
  }

  FactsOf withArchitecture(String architecture) {
    this.node =
        Optional.of(
            new NodeView(
                NODE.allocatable(), NODE.trouble(), Optional.of(architecture), NODE.bootId()));
    return this;
  }

  FactsOf withNodeInBoot(String boot) {
    this.node =
        Optional.of(
            new NodeView(
                NODE.allocatable(), NODE.trouble(), NODE.architecture(), Optional.of(boot)));
    return this;
  }

  FactsOf withSmmus(SmmuStatus... smmus) {
    this.smmus = List.of(smmus);
    return this;
  }

  FactsOf withKubeVirtMachines(KubeVirtMachine... machines) {
    this.kubevirt = new KubeVirtStatus(null, List.of(machines));
    return this;
  }

  FactsOf withHeartbeat(Heartbeat heartbeat) {
    this.heartbeat = heartbeat;
    return this;
  }

  FactsOf withoutReport() {
    this.agent = null;
    this.conditions = List.of();
    return withDevices();
  }

  FactsOf withReportOn(long generation) {
    this.agent = new AgentStatus(generation, "test");
    return this;
  }

  FactsOf withConditions(Condition... conditions) {
    this.conditions = List.of(conditions);
    return this;
  }

  FactsOf withDevices(DeviceStatus... devices) {
    this.devices = List.of(devices);
    this.matching = devices.length;
    return this;
  }

  FactsOf withMoreDevicesThanListed(int matching) {
    this.matching = matching;
    return this;
  }

  FactsOf withMachines(VirtualMachineStatus... machines) {
    this.machines = List.of(machines);
    return this;
  }

  Facts facts() {
    return new Facts(
        new VSmmuSpec("n1", resources, null, dryRun),
        GENERATION,
        new VSmmuStatus(
            null,
            conditions,
            agent,
            agent == null ? null : new NodeStatus("aarch64", "7.3.4", BOOT),
            smmus,
            devices,
            machines,
            new Counts(1, matching, 0, machines.size()),
            kubevirt),
        node,
        heartbeat);
  }

  static Condition condition(ConditionType type, boolean holds, String message) {
    return new ConditionBuilder()
        .withType(type.name())
        .withStatus(holds ? "True" : "False")
        .withMessage(message)
        .build();
  }

  static DeviceStatus device(String address, @Nullable Integer group, DeviceState state) {
    return device(address, group, state, null, null);
  }

  static DeviceStatus device(
      String address,
      @Nullable Integer group,
      DeviceState state,
      @Nullable String reason,
      @Nullable String message) {
    return new DeviceStatus(
        address, NIC, "smmu3.0x0", group, null, "15b3", "1021", "vfio-pci", state, reason, message);
  }
}
