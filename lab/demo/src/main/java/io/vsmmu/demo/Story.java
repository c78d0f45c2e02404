package io.vsmmu.demo;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.vsmmu.agent.allocation.HandoffManifest;
import io.vsmmu.agent.handoff.ManifestCodec;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.DeviceState;
import io.vsmmu.api.v1alpha1.VirtualMachineState;
import io.vsmmu.api.v1alpha1.VirtualMachineStatus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** The main job, step by step; each step throws when it does not come true. */
final class Story {
  private static final String NODE = "sim-node";
  private static final String GPU = "vsmmu.io/gpu";
  private static final String NIC = "vsmmu.io/nic";
  private static final String POD = "vm-1";
  private static final int GPUS = 4;
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** How lines of {@code vsmmu receive --verify --hold} begin. */
  static final String MANIFEST = "manifest: ";

  private static final String HOLDING = "holding";

  private final Narrator narrator;
  private final Programs programs;
  private final Stage stage;
  private final Path simulation;

  Story(Narrator narrator, Programs programs, Stage stage) {
    this.narrator = narrator;
    this.programs = programs;
    this.stage = stage;
    this.simulation = stage.folder().resolve("node");
  }

  /** What is left running when the story has ended. */
  record Ending(Path kubeconfig) {}

  Ending tell() throws IOException, InterruptedException {
    var cluster = stage.start(Cluster::start);
    narrator.step("etcd and kube-apiserver " + cluster.version() + " serve, empty");
    var client = cluster.client();
    cluster.makeDefaultServiceAccount("default");
    startNode();
    install(cluster);
    var runner = new ContainerRunner(programs, simulation);
    var kubelet =
        stage.keep(new DemoKubelet(client, NODE, devicePlugins(), podResources(), runner));
    narrator.step("a stand-in kubelet registered the node " + NODE);

    cluster.apply(List.of(programs.sources().resolve("deploy/samples/vsmmu-simulated.yaml")));
    narrator.step("kubectl apply: VSmmu " + NODE + " asks for its GPUs and NICs");
    var vsmmu = new VSmmuWatch(client, NODE);
    startAgent(cluster);
    becomeReady(vsmmu, kubelet);

    var pod = createPod(client);
    var manifest = prove(runner);
    compare(manifest, showTree(vsmmu));
    release(client, pod, vsmmu, kubelet);
    return new Ending(cluster.kubeconfig());
  }

  private void startNode() throws InterruptedException {
    var node = stage.start("simulated-node", programs.simulatedNode(simulation));
    node.awaitLine("node grace-like", LIMIT);
    narrator.step("a simulated node runs: " + node.logTail().strip().replaceAll(" in /.*", ""));
    narrator.because(
        "its sysfs, device nodes and iommufd follow the kernel's rules; drivers: "
            + "nvidia, mlx5_core");
  }

  private void install(Cluster cluster) throws IOException {
    var base = programs.sources().resolve("deploy/base");
    cluster.apply(KustomizeBase.resources(base));
    stage.start(
        "operator",
        programs.operator(
            Map.of(
                "KUBECONFIG",
                cluster.kubeconfigOf("vsmmu-system", "vsmmu-operator").toString(),
                "VSMMU_AGENT_IMAGE",
                "docker.io/vsmmu/device-plugin:0.1.0")));
    narrator.step("deploy/base is applied; the operator starts, with its ServiceAccount's rights");
  }

  /** There is no controller that makes pods of a DaemonSet: the demo starts the one it asks for. */
  private void startAgent(Cluster cluster) {
    var client = cluster.client();
    client
        .nodes()
        .withName(NODE)
        .waitUntilCondition(
            node ->
                node != null && "true".equals(node.getMetadata().getLabels().get("vsmmu.io/node")),
            LIMIT.toMillis(),
            TimeUnit.MILLISECONDS);
    client
        .apps()
        .daemonSets()
        .inNamespace("vsmmu-system")
        .withName("vsmmu-agent")
        .waitUntilCondition(
            daemonSet -> daemonSet != null, LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    narrator.step("the operator labelled the node and made the DaemonSet vsmmu-agent");
    stage.start(
        "agent",
        programs.vsmmu(
            Map.of(),
            List.of(
                "run",
                "--node-name=" + NODE,
                "--kubeconfig=" + cluster.kubeconfigOf("vsmmu-system", "vsmmu-agent"),
                "--simulated-node=" + simulation,
                "--kubelet-dir=" + devicePlugins(),
                "--pod-resources=" + podResources(),
                "--state-dir=" + stage.folder().resolve("state"),
                "--handoff-dir=" + stage.folder().resolve("handoff"),
                "--http-address=127.0.0.1",
                "--http-port=0")));
    narrator.because("its agent runs as a process, with its ServiceAccount's rights");
  }

  private void becomeReady(VSmmuWatch vsmmu, DemoKubelet kubelet) {
    var status = vsmmu.await("Ready", now -> ConditionType.Ready.isTrueIn(now.conditions()));
    var drivers =
        status.devices().stream()
            .map(device -> String.valueOf(device.driver()))
            .collect(Collectors.toCollection(TreeSet::new));
    narrator.step(
        "VSmmu %s is Ready: %d devices on %s, the node advertises %s: %d and %s: %d"
            .formatted(
                NODE,
                status.devices().size(),
                String.join(", ", drivers),
                GPU,
                kubelet.node().allocatable(GPU),
                NIC,
                kubelet.node().allocatable(NIC)));
    status
        .smmus()
        .forEach(smmu -> {
          var can = smmu.capabilities();
          narrator.because(
              "%s nests: %s%s"
                  .formatted(
                      smmu.name(),
                      smmu.nesting(),
                      can == null
                          ? ""
                          : ", oas %d, ssidsize %d, ats %s, ril %s, %s"
                              .formatted(
                                  can.oas(),
                                  can.ssidsize(),
                                  can.ats(),
                                  can.ril(),
                                  String.join(" ", can.granules()))));
        });
    require(kubelet.node().allocatable(GPU) == GPUS, "the node advertises %d GPUs".formatted(GPUS));
  }

  private Pod createPod(KubernetesClient client) {
    var pod =
        client
            .resource(
                new PodBuilder()
                    .withNewMetadata()
                    .withName(POD)
                    .withNamespace("default")
                    .endMetadata()
                    .withNewSpec()
                    .withNodeName(NODE)
                    .withServiceAccountName("default")
                    .withAutomountServiceAccountToken(false)
                    .addNewContainer()
                    .withName("vm")
                    .withImage("docker.io/vsmmu/device-plugin:0.1.0")
                    .withArgs("receive", "--verify", "--hold")
                    .withNewResources()
                    .addToLimits(GPU, new Quantity(Integer.toString(GPUS)))
                    .endResources()
                    .endContainer()
                    .endSpec()
                    .build())
            .create();
    narrator.step("pod %s asks for %s: %d, each behind another SMMU".formatted(POD, GPU, GPUS));
    return pod;
  }

  /** Returns what the pod was handed. */
  private HandoffManifest prove(ContainerRunner runner) throws IOException, InterruptedException {
    var container = runner.of(POD, LIMIT);
    var holding = container.await(line -> line.startsWith(HOLDING), LIMIT);
    narrator.step("Allocate prepared its context; vsmmu receive took it over and proves it:");
    narrator.lines(Digest.of(container.printed()));
    require(holding.isPresent(), "the pod proved its manifest against the kernel");
    var manifest = container.await(line -> line.startsWith(MANIFEST), LIMIT).orElseThrow();
    return ManifestCodec.manifest(
        manifest.substring(MANIFEST.length()).getBytes(StandardCharsets.UTF_8));
  }

  private VirtualMachineStatus showTree(VSmmuWatch vsmmu) {
    var status =
        vsmmu.await(
            "the pod's tree in the status",
            now ->
                now.virtualMachines().stream()
                    .anyMatch(
                        vm -> vm.state() == VirtualMachineState.HandedOff && vm.pod() != null));
    narrator.step("kubectl get vsmmu " + NODE + " -o yaml shows the same tree:");
    narrator.blank();
    narrator.lines(StatusTree.draw(status));
    narrator.blank();
    return status.virtualMachines().getFirst();
  }

  private void compare(HandoffManifest manifest, VirtualMachineStatus vm) {
    var handed = SameTree.of(manifest);
    var reported = SameTree.of(vm);
    require(handed.equals(reported), "handed over: %s, reported: %s".formatted(handed, reported));
    require(manifest.viommus().size() == GPUS, "the devices are behind %d SMMUs".formatted(GPUS));
    narrator.step("all %d objects have the ids that the pod was handed".formatted(handed.size()));
  }

  private void release(KubernetesClient client, Pod pod, VSmmuWatch vsmmu, DemoKubelet kubelet) {
    client.resource(pod).delete();
    vsmmu.await(
        "all devices free again",
        now ->
            now.virtualMachines().isEmpty()
                && now.devices().stream()
                    .allMatch(device -> device.state() == DeviceState.Available));
    narrator.step("the pod is deleted: its devices are Available again");
    require(
        kubelet.node().allocatable(GPU) == GPUS,
        "the node still advertises %d GPUs".formatted(GPUS));
  }

  private Path devicePlugins() {
    return stage.folder().resolve("device-plugins");
  }

  private Path podResources() {
    return stage.folder().resolve("pod-resources/kubelet.sock");
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalStateException("not true: " + what);
    }
  }
}
