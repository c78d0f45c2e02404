package io.vsmmu.operator.kubevirt;

import static io.vsmmu.operator.cluster.Cluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.BindingBuilder;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.vsmmu.api.v1alpha1.AgentStatus;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.DeviceState;
import io.vsmmu.api.v1alpha1.DeviceStatus;
import io.vsmmu.api.v1alpha1.EffectiveSocket;
import io.vsmmu.api.v1alpha1.KubeVirtMachine;
import io.vsmmu.api.v1alpha1.KubeVirtStatus;
import io.vsmmu.api.v1alpha1.PodReference;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.api.v1alpha1.VirtualDeviceStatus;
import io.vsmmu.api.v1alpha1.VirtualMachineState;
import io.vsmmu.api.v1alpha1.VirtualMachineStatus;
import io.vsmmu.operator.cluster.Cluster;
import io.vsmmu.operator.cluster.OperatorInProcess;
import io.vsmmu.operator.cluster.WebhookOnLoopback;
import io.vsmmu.operator.watch.Changes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** On a real API server, with the rights that {@code deploy/base} gives. */
@Execution(ExecutionMode.SAME_THREAD)
class KubeVirtTest {

  private static final String GATES =
      "developerConfiguration: {featureGates: [HostDevices, Sidecar]}";
  private static final ResourceSpec NIC =
      ResourceSpec.of("vsmmu.io/nic", DeviceSelector.ofIds("8086", "10d3"));
  private static final ResourceSpec GPU =
      ResourceSpec.of("vsmmu.io/gpu", DeviceSelector.ofIds("10de", "2941"));

  private static Cluster cluster;
  private static KubeVirtInstall kubevirt;
  private static OperatorInProcess operator;

  @BeforeAll
  static void start() {
    cluster = new Cluster();
    kubevirt = new KubeVirtInstall(cluster);
    operator = OperatorInProcess.start(cluster);
  }

  @AfterAll
  static void stop() {
    operator.close();
    cluster.close();
  }

  @BeforeEach
  void define() {
    kubevirt.define();
  }

  @AfterEach
  void clean() {
    cluster.admin().resources(VSmmu.class).delete();
    eventually().until(() -> cluster.admin().resources(VSmmu.class).list().getItems().isEmpty());
    kubevirt.remove();
  }

  @Test
  void resourcesArePermittedAsLongAsANodeHasThem() {
    kubevirt.deploy(
        GATES
            + """

            permittedHostDevices:
              pciHostDevices:
              - {pciVendorSelector: "15b3:1021", resourceName: nvidia.com/cx7}
              mediatedDevices:
              - {mdevNameSelector: "GRID T4-1Q", resourceName: nvidia.com/GRID_T4-1Q}
            """);
    Object before = kubevirt.configuration();

    VSmmu first = create("n1", NIC, GPU);
    VSmmu second = create("n2", NIC);

    awaitReason(first, "Permitted");
    awaitReason(second, "Permitted");
    assertThat(kubevirt.list())
        .startsWith("15B3:1021=nvidia.com/cx7")
        .containsExactlyInAnyOrder(
            "15B3:1021=nvidia.com/cx7",
            "10DE:2941=vsmmu.io/gpu external",
            "8086:10D3=vsmmu.io/nic external");

    cluster.admin().resource(first).delete();
    eventually()
        .untilAsserted(() ->
            assertThat(kubevirt.list())
                .containsExactly("15B3:1021=nvidia.com/cx7", "8086:10D3=vsmmu.io/nic external"));

    cluster.admin().resource(second).delete();
    eventually().untilAsserted(() -> assertThat(kubevirt.configuration()).isEqualTo(before));
    assertThat(kubevirt.object().get().getMetadata().getAnnotations()).isNullOrEmpty();
  }

  @Test
  void anObjectWithoutAListIsAgainWithoutOneAfterwards() {
    kubevirt.deploy(GATES);
    Object before = kubevirt.configuration();
    VSmmu vsmmu = create("n1", NIC);
    awaitReason(vsmmu, "Permitted");

    cluster.admin().resource(vsmmu).delete();

    eventually().untilAsserted(() -> assertThat(kubevirt.configuration()).isEqualTo(before));
  }

  @Test
  void aResourceThatLeavesTheSpecLeavesTheList() {
    kubevirt.deploy(GATES);
    VSmmu vsmmu = create("n1", NIC, GPU);
    awaitReason(vsmmu, "Permitted");

    cluster
        .admin()
        .resource(vsmmu)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            VSmmu.of(new VSmmuSpec("n1", List.of(GPU), null, null)));

    eventually()
        .untilAsserted(
            () -> assertThat(kubevirt.list()).containsExactly("10DE:2941=vsmmu.io/gpu external"));
  }

  @Test
  void writersOfTheSameListLoseNothing() {
    kubevirt.deploy(GATES);
    List<String> expected = new ArrayList<>();

    for (int i = 0; i < 20; i++) {
      PciHostDevice theirs =
          PciHostDevice.of(new Permit("15B3:%04X".formatted(i), "others.io/%d".formatted(i)));
      expected.add(theirs.permit().text() + " external");
      create("n" + i, ResourceSpec.of("vsmmu.io/r" + i, DeviceSelector.ofIds("8086", "10d3")));
      expected.add("8086:10D3=vsmmu.io/r%d external".formatted(i));
      kubevirt.editList(list -> {
        List<PciHostDevice> longer = new ArrayList<>(list);
        longer.add(theirs);
        return longer;
      });
    }

    eventually()
        .untilAsserted(
            () -> assertThat(kubevirt.list()).containsExactlyInAnyOrderElementsOf(expected));
  }

  @Test
  void whoKeepsRevertingGetsHisWayAndTheConditionSaysWhereToSetIt() {
    kubevirt.deploy(GATES);
    kubevirt.patch("hyperconverged-cluster-operator", "{\"evictionStrategy\":\"LiveMigrate\"}");
    VSmmu vsmmu;
    try (SharedIndexInformer<GenericKubernetesResource> hyperConverged =
        kubevirt.object().inform()) {
      hyperConverged.addEventHandler(
          new Changes<>(
              seen -> {
                if (!Installation.of(seen).permitted().isEmpty()) {
                  kubevirt.patch(
                      "hyperconverged-cluster-operator", "{\"permittedHostDevices\":null}");
                }
              },
              (before, now) -> true));

      vsmmu = create("n1", NIC);

      awaitReason(vsmmu, "PermitsReverted");
    }
    assertThat(condition(vsmmu).orElseThrow().getMessage())
        .contains("HyperConverged's operator takes our entries out")
        .contains("of the HyperConverged object")
        .contains("{pciDeviceSelector: \"8086:10D3\"");
    assertThat(kubevirt.installation().recorded()).isEmpty();

    kubevirt.patch(
        "hyperconverged-cluster-operator",
        """
        {"permittedHostDevices": {"pciHostDevices": [
          {"pciVendorSelector": "8086:10D3", "resourceName": "vsmmu.io/nic", "externalResourceProvider": true}]}}
        """);
    awaitReason(vsmmu, "Permitted");

    // What they put there is theirs.
    cluster.admin().resource(vsmmu).delete();
    eventually().until(() -> cluster.admin().resource(vsmmu).get() == null);
    assertThat(kubevirt.list()).containsExactly("8086:10D3=vsmmu.io/nic external");
  }

  @Test
  void whoKeepsTakingTheExternalProviderOffOurEntryGetsHisWayToo() {
    kubevirt.deploy(GATES);
    try (SharedIndexInformer<GenericKubernetesResource> careless = kubevirt.object().inform()) {
      careless.addEventHandler(
          new Changes<>(
              seen -> {
                if (!Installation.of(seen).externalPermits().isEmpty()) {
                  kubevirt.patch(
                      "argocd-controller",
                      """
                      {"permittedHostDevices": {"pciHostDevices": [
                        {"pciVendorSelector": "8086:10D3", "resourceName": "vsmmu.io/nic"}]}}
                      """);
                }
              },
              (before, now) -> true));

      VSmmu vsmmu = create("n1", NIC);

      eventually()
          .until(() -> !kubevirt.list().isEmpty() && kubevirt.installation().recorded().isEmpty());
      awaitReason(vsmmu, "RivalProvider");
    }
  }

  @Test
  void anEntryOfSomebodyElseThatSaysTheSameIsNoRevert() {
    kubevirt.deploy(
        GATES
            + """

            permittedHostDevices:
              pciHostDevices:
              - {pciVendorSelector: "8086:10D3", resourceName: vsmmu.io/nic}
            """);
    awaitReason(create("n1", NIC), "RivalProvider");

    for (int i = 0; i < 5; i++) {
      String resource = "vsmmu.io/r" + i;
      create("r" + i, ResourceSpec.of(resource, DeviceSelector.ofIds("8086", "10d3")));
      eventually()
          .untilAsserted(
              () -> assertThat(kubevirt.list()).contains("8086:10D3=" + resource + " external"));
    }
  }

  @Test
  void anEditByHandIsUndone() {
    kubevirt.deploy(GATES);
    VSmmu vsmmu = create("n1", NIC);
    awaitReason(vsmmu, "Permitted");

    kubevirt.patch("kubectl-edit", "{\"permittedHostDevices\":null}");

    eventually()
        .untilAsserted(
            () -> assertThat(kubevirt.list()).containsExactly("8086:10D3=vsmmu.io/nic external"));
    awaitReason(vsmmu, "Permitted");
  }

  @Test
  void whatTheApiServerRefusesLeavesTheRestWorking() {
    kubevirt.deploy(GATES);
    cluster.kubectl(
        "apply", "-f", "src/test/resources/io/vsmmu/operator/kubevirt/refusing-policy.yaml");
    // Policies reach the server's admission some time after their creation.
    eventually()
        .untilAsserted(() ->
            assertThatThrownBy(() ->
                    kubevirt.editList(list ->
                        List.of(PciHostDevice.of(new Permit("1234:5678", "vsmmu.io/refused")))))
                .hasStackTraceContaining("is not for virtual machines here"));

    VSmmu vsmmu =
        create("n1", ResourceSpec.of("vsmmu.io/refused", DeviceSelector.ofIds("8086", "10d3")));

    awaitReason(vsmmu, "PermitsRefused");
    assertThat(condition(vsmmu).orElseThrow().getMessage())
        .contains("is not for virtual machines here");
    assertThat(ConditionType.Ready.in(status(vsmmu).conditions()))
        .map(Condition::getReason)
        .contains("NodeNotFound");
  }

  @Test
  void theSocketFollowsTheGate() {
    kubevirt.deploy(GATES);
    VSmmu vsmmu = create("n1", NIC);
    awaitReason(vsmmu, "Permitted");
    assertThat(socket(vsmmu)).contains(EffectiveSocket.Always);

    kubevirt.patch(
        "kubectl-edit",
        "{\"developerConfiguration\":{\"featureGates\":[\"HostDevices\",\"Sidecar\",\"IOMMUFD\"]}}");
    eventually().untilAsserted(() -> assertThat(socket(vsmmu)).contains(EffectiveSocket.Never));

    kubevirt.patch("kubectl-edit", "{\"developerConfiguration\":null}");
    awaitReason(vsmmu, "HostDevicesGateOff");
    assertThat(socket(vsmmu)).contains(EffectiveSocket.Always);
  }

  @Test
  void virtualMachinesAreNamed() {
    kubevirt.deploy(GATES);
    VSmmu vsmmu = create("n1", NIC);
    awaitReason(vsmmu, "Permitted");
    report(machine("a-1", "virt-launcher-database-x7k2p"), machine("a-2", "plain-pod"));

    launch("virt-launcher-database-x7k2p", "database", "n1");

    eventually()
        .untilAsserted(() ->
            assertThat(status(vsmmu).kubevirt())
                .extracting(KubeVirtStatus::virtualMachines)
                .isEqualTo(
                    List.of(
                        new KubeVirtMachine(
                            "default", "virt-launcher-database-x7k2p", "database"))));
  }

  @Test
  void machinesFromBeforeTheirSidecarAreNamedUntilTheyAreGone() {
    kubevirt.deploy(GATES);
    VSmmu vsmmu = create("n1", NIC);
    awaitReason(vsmmu, "Permitted");
    launch("virt-launcher-old", "old", "n1");
    launch(
        "virt-launcher-new",
        "new",
        "n1",
        "hooks.kubevirt.io/hookSidecars",
        "[{\"image\": \"%s\"}]".formatted(WebhookOnLoopback.SIDECAR_IMAGE));
    launch("virt-launcher-bare", "bare", "n1", "vsmmu.io/guest-topology", "Unmanaged");
    report(
        machine("a-1", "virt-launcher-old", "0000:01:00.0"),
        machine("a-2", "virt-launcher-new", "0000:02:00.0"),
        machine("a-3", "virt-launcher-bare", "0000:03:00.0"));

    eventually()
        .untilAsserted(() ->
            assertThat(condition(vsmmu).orElseThrow().getMessage())
                .endsWith("without virtual SMMUs until they are restarted: default/old"));
    assertThat(condition(vsmmu).orElseThrow().getStatus()).isEqualTo("True");

    report(machine("a-2", "virt-launcher-new", "0000:02:00.0"));
    eventually()
        .untilAsserted(
            () -> assertThat(condition(vsmmu).orElseThrow().getMessage()).doesNotContain("old"));
  }

  private static void report(VirtualMachineStatus... machines) {
    cluster.report(
        "n1",
        VSmmuStatus.ofAgent(
            List.of(),
            new AgentStatus(1L, "test"),
            null,
            List.of(),
            Stream.of("0000:01:00.0", "0000:02:00.0", "0000:03:00.0")
                .map(KubeVirtTest::device)
                .toList(),
            List.of(machines),
            null));
  }

  private static DeviceStatus device(String address) {
    return new DeviceStatus(
        address, NIC.name(), null, null, null, null, null, null, DeviceState.Allocated, null, null);
  }

  @Test
  void kubeVirtComesAndGoesWhileTheOperatorRuns() {
    kubevirt.undefine();
    VSmmu vsmmu = create("n1", NIC);
    eventually()
        .untilAsserted(() ->
            assertThat(status(vsmmu).conditions())
                .extracting(Condition::getType)
                .containsExactly("Ready"));
    assertThat(status(vsmmu).kubevirt()).isNull();

    kubevirt.define();
    awaitReason(vsmmu, "KubeVirtNotDeployed");

    kubevirt.deploy(GATES);
    awaitReason(vsmmu, "Permitted");
    assertThat(kubevirt.list()).containsExactly("8086:10D3=vsmmu.io/nic external");

    kubevirt.undefine();
    eventually().untilAsserted(() -> assertThat(condition(vsmmu)).isEmpty());
    assertThat(status(vsmmu).kubevirt()).isNull();
    kubevirt.define();
  }

  @Test
  void withoutRightsOnKubeVirtTheRestWorksAndTheConditionSaysWhatToApply() {
    kubevirt.undefine();
    cluster.kubectl("delete", "clusterrolebinding", "vsmmu-operator-kubevirt");
    VSmmu vsmmu = create("n1", NIC);

    kubevirt.define();
    awaitReason(vsmmu, "KubeVirtNotAllowed");
    assertThat(condition(vsmmu).orElseThrow().getMessage())
        .contains("cannot list resource \"kubevirts\"", "apply deploy/overlays/kubevirt");
    assertThat(ConditionType.Ready.in(status(vsmmu).conditions())).isPresent();

    cluster.kubectl("apply", "-k", Cluster.DEPLOY.resolve("overlays/kubevirt").toString());
    kubevirt.deploy(GATES);
    awaitReason(vsmmu, "Permitted");
  }

  @Test
  void withoutTheRightToSeePodsVirtualMachinesHaveNoNamesAndTheRestWorks() {
    operator.close();
    cluster
        .admin()
        .rbac()
        .clusterRoles()
        .withName("vsmmu-operator-kubevirt")
        .edit(role -> {
          role.getRules().removeIf(rule -> rule.getResources().contains("pods"));
          return role;
        });
    try {
      operator = OperatorInProcess.start(cluster);
      kubevirt.deploy(GATES);
      awaitReason(create("n1", NIC), "Permitted");
    } finally {
      cluster.kubectl("apply", "-k", Cluster.DEPLOY.resolve("overlays/kubevirt").toString());
    }
  }

  private static VSmmu create(String node, ResourceSpec... resources) {
    return cluster
        .admin()
        .resource(VSmmu.of(new VSmmuSpec(node, List.of(resources), null, null)))
        .create();
  }

  private static VirtualMachineStatus machine(String allocation, String pod, String... devices) {
    return new VirtualMachineStatus(
        allocation,
        new PodReference("default", pod, null, "compute"),
        VirtualMachineState.HandedOff,
        1L,
        null,
        null,
        Stream.of(devices).map(address -> new VirtualDeviceStatus(address, null, null)).toList());
  }

  /** As KubeVirt does, and the scheduler after it. */
  private static void launch(String pod, String machine, String node, String... annotation) {
    cluster
        .admin()
        .resource(
            new ServiceAccountBuilder()
                .withNewMetadata()
                .withNamespace("default")
                .withName("default")
                .endMetadata()
                .build())
        .createOr(NonDeletingOperation::update);
    cluster
        .admin()
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withNamespace("default")
                .withName(pod)
                .withLabels(
                    Map.of("kubevirt.io", "virt-launcher", "vm.kubevirt.io/name", "host-name"))
                .withAnnotations(
                    annotation.length == 0 ? Map.of() : Map.of(annotation[0], annotation[1]))
                .addNewOwnerReference()
                .withApiVersion("kubevirt.io/v1")
                .withKind("VirtualMachineInstance")
                .withName(machine)
                .withUid("0b5c1d5e-0000-4000-8000-000000000001")
                .withController(true)
                .endOwnerReference()
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("compute")
                .withImage("registry.example/virt-launcher:1")
                .endContainer()
                .endSpec()
                .build())
        .create();
    cluster
        .admin()
        .bindings()
        .inNamespace("default")
        .resource(
            new BindingBuilder()
                .withNewMetadata()
                .withName(pod)
                .endMetadata()
                .withNewTarget()
                .withApiVersion("v1")
                .withKind("Node")
                .withName(node)
                .endTarget()
                .build())
        .create();
  }

  private static VSmmuStatus status(VSmmu vsmmu) {
    return Optional.ofNullable(cluster.admin().resource(vsmmu).get())
        .map(VSmmu::getStatus)
        .orElse(VSmmuStatus.EMPTY);
  }

  private static Optional<Condition> condition(VSmmu vsmmu) {
    return ConditionType.KubeVirtReady.in(status(vsmmu).conditions());
  }

  private static Optional<EffectiveSocket> socket(VSmmu vsmmu) {
    return Optional.ofNullable(status(vsmmu).kubevirt()).map(KubeVirtStatus::iommufdSocket);
  }

  private static void awaitReason(VSmmu vsmmu, String reason) {
    eventually()
        .untilAsserted(
            () -> assertThat(condition(vsmmu)).map(Condition::getReason).contains(reason));
  }
}
