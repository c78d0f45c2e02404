package io.vsmmu.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.dsl.Resource;
import io.vsmmu.agent.AgentSettings.Peers;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.DeviceState;
import io.vsmmu.api.v1alpha1.IommufdSocket;
import io.vsmmu.api.v1alpha1.KubeVirtSpec;
import io.vsmmu.api.v1alpha1.Names;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.api.v1alpha1.VirtualMachineState;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.topology.TopologyChanges;
import io.vsmmu.iommufd.topology.TopologyChanges.Watch;
import io.vsmmu.standin.kubelet.PodRef;
import io.vsmmu.standin.kubelet.StandInKubelet;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole agent between a real API server, a stand-in kubelet and a simulated node. */
class NodeAgentTest {

  private static final String NODE = "node-1";
  private static final String GPU = "vsmmu.io/gpu";
  private static final PodRef POD = new PodRef("default", "vm", "uid-of-the-pod");

  @TempDir Path folder;
  private TestNode node;
  private TestCluster cluster;
  private StandInKubelet kubelet;
  private NodeAgent agent;
  private InetSocketAddress http;
  private final AtomicInteger watches = new AtomicInteger();

  @BeforeEach
  void start() throws IOException {
    node = new TestNode(folder, SimulatedNode.graceLike());
    cluster = new TestCluster();
    http = freePort();
    Files.createDirectories(plugins());
    kubelet = StandInKubelet.start(plugins(), podResources());
    agent = startAgent();
  }

  @AfterEach
  void stop() {
    agent.close();
    kubelet.close();
    cluster.close();
  }

  @Test
  void servesTheDevicesOfItsVSmmuUntilThatIsDeleted() throws Exception {
    createVSmmu();
    await().until(() -> kubelet.allocatable(GPU) == 4);
    await().until(() -> ConditionType.Registered.isTrueIn(status().conditions()));
    assertThat(ConditionType.NestingSupported.isTrueIn(status().conditions())).isTrue();

    kubelet.admit(POD, "vm", Map.of(GPU, 2));
    await().until(() -> status().virtualMachines().size() == 1);
    await().until(() -> status().virtualMachines().getFirst().pod() != null);
    var vm = status().virtualMachines().getFirst();
    assertThat(vm.state()).isEqualTo(VirtualMachineState.Prepared);
    assertThat(vm.viommus()).hasSize(2);
    assertThat(Objects.requireNonNull(vm.pod()).name()).isEqualTo("vm");
    await().until(() -> devicesIn(DeviceState.Allocated) == 2);

    vsmmus().delete();
    await().until(() -> kubelet.allocatable(GPU) == 0);
    await().until(() -> released().equals("InUse"));
    assertThat(devicesOn("vfio-pci")).isEqualTo(2);

    kubelet.remove(POD);
    await().until(() -> released().equals("Released"));
    assertThat(devicesOn("vfio-pci")).isZero();
    assertThat(devicesOn("nvidia")).isEqualTo(4);
    assertThat(node.state().resolve("allocations")).isEmptyDirectory();
    assertThat(node.state().resolve("drivers")).isEmptyDirectory();
  }

  @Test
  void isReadyWhileKubeletHoldsItsStreamAndCountsWhatItDoes() throws Exception {
    assertThat(get("/livez").statusCode()).isEqualTo(200);
    assertThat(get("/readyz").statusCode()).isEqualTo(503);
    createVSmmu();
    await().untilAsserted(() -> assertThat(get("/readyz").statusCode()).isEqualTo(200));
    // The stream is open; its first list comes a moment later.
    await().until(() -> kubelet.allocatable(GPU) == 4);

    kubelet.admit(POD, "vm", Map.of(GPU, 2));
    await()
        .untilAsserted(() ->
            assertThat(get("/metrics").body())
                .contains("vsmmu_devices{resource=\"vsmmu.io/gpu\",state=\"allocated\"} 2.0")
                .contains("vsmmu_allocations{state=\"prepared\"} 1.0")
                .contains("vsmmu_kubelet_registered{resource=\"vsmmu.io/gpu\"} 1.0")
                .contains(
                    "vsmmu_allocate_seconds_count{outcome=\"prepared\",resource=\"vsmmu.io/gpu\"} 1")
                .contains("vsmmu_ioctl_seconds_count{request=\"IOMMU_VIOMMU_ALLOC\"}"));

    kubelet.close();
    await().untilAsserted(() -> assertThat(get("/readyz").statusCode()).isEqualTo(503));
    assertThat(get("/livez").statusCode()).isEqualTo(200);
  }

  @Test
  void watchesForChangesOfDevicesWhileItRuns() {
    assertThat(watches).hasValue(1);

    agent.close();

    assertThat(watches).hasValue(0);
  }

  @Test
  void aNewAgentGoesOnWhereTheOldOneWasStopped() throws Exception {
    createVSmmu();
    await().until(() -> kubelet.allocatable(GPU) == 4);
    kubelet.admit(POD, "vm", Map.of(GPU, 2));
    // What a status says of devices may be newer than what it says of virtual machines.
    await().until(() -> status().virtualMachines().size() == 1);
    await().until(() -> devicesIn(DeviceState.Allocated) == 2);
    var allocation = status().virtualMachines().getFirst().allocation();

    agent.close();
    node.agentProcess().exit();
    agent = startAgent();

    await().until(() -> kubelet.allocatable(GPU) == 4);
    await()
        .until(() ->
            status().virtualMachines().size() == 1
                && status().virtualMachines().getFirst().ioas() == null);
    assertThat(status().virtualMachines().getFirst().allocation()).isEqualTo(allocation);
    assertThat(devicesIn(DeviceState.Allocated)).isEqualTo(2);
    assertThat(folder.resolve("handoff").resolve(allocation).resolve("handoff.sock")).exists();
  }

  @Test
  void renewsItsLeaseAsLongAsItWaitsForAVirtLauncher() throws Exception {
    createVSmmu(new KubeVirtSpec(IommufdSocket.Always, null, null));
    await().until(() -> kubelet.allocatable(GPU) == 4);
    kubelet.admit(POD, "vm", Map.of(GPU, 1));
    await().until(() -> devicesIn(DeviceState.Allocated) == 1);
    var stop = Thread.ofPlatform().start(agent::close);
    await().until(() -> kubelet.allocatable(GPU) == 0);
    var lease = cluster.client().leases().inNamespace(Names.NAMESPACE).withName(NODE);

    lease.delete();

    await().until(() -> lease.get() != null);
    assertThat(stop.isAlive()).isTrue();

    // Nobody connects, and nobody waits for that any more.
    stop.interrupt();
    stop.join();
    await().untilAsserted(() -> assertThat(watches).hasValue(0));
  }

  private NodeAgent startAgent() throws IOException {
    return NodeAgent.start(
        new AgentSettings(
            NODE,
            node.kernel(),
            node.sysfs(),
            this::watch,
            node.dev(),
            node.proc(),
            plugins(),
            podResources(),
            node.state(),
            folder.resolve("handoff"),
            Optional.empty(),
            (Integer) Files.getAttribute(folder, "unix:uid"),
            Peers.PATH,
            Optional.of(http)),
        cluster::newClient);
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    try (var client = HttpClient.newHttpClient()) {
      var uri =
          "http://%s:%d%s".formatted(http.getAddress().getHostAddress(), http.getPort(), path);
      return client.send(
          HttpRequest.newBuilder(URI.create(uri)).build(), HttpResponse.BodyHandlers.ofString());
    }
  }

  private static InetSocketAddress freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return new InetSocketAddress(socket.getInetAddress(), socket.getLocalPort());
    }
  }

  private Watch watch(Runnable changed) throws IOException {
    var watch = TopologyChanges.ofTree(node.sys()).watch(changed);
    watches.incrementAndGet();
    return () -> {
      watches.decrementAndGet();
      watch.close();
    };
  }

  private void createVSmmu() {
    createVSmmu(null);
  }

  private void createVSmmu(@Nullable KubeVirtSpec kubevirt) {
    var vsmmu =
        VSmmu.of(
            new VSmmuSpec(
                NODE,
                List.of(ResourceSpec.of(GPU, DeviceSelector.ofIds("10de", "2941"))),
                kubevirt,
                null));
    // The operator's finalizer keeps a real one until the agent has given everything back.
    vsmmu.getMetadata().setFinalizers(List.of("vsmmu.io/test"));
    cluster.client().resource(vsmmu).create();
  }

  private Resource<VSmmu> vsmmus() {
    return cluster.client().resources(VSmmu.class).withName(NODE);
  }

  private VSmmuStatus status() {
    return Objects.requireNonNullElse(vsmmus().get().getStatus(), VSmmuStatus.EMPTY);
  }

  private String released() {
    return ConditionType.Released.in(status().conditions()).orElseThrow().getReason();
  }

  private long devicesIn(DeviceState state) {
    return status().devices().stream().filter(device -> device.state() == state).count();
  }

  private long devicesOn(String driver) {
    return node.topology().functions().stream()
        .filter(function -> driver.equals(function.driver()))
        .count();
  }

  private Path plugins() {
    return folder.resolve("plugins");
  }

  private Path podResources() {
    return folder.resolve("pod-resources.sock");
  }
}
