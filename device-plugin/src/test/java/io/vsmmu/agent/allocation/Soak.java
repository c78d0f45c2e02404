package io.vsmmu.agent.allocation;

import io.vsmmu.agent.TestNode;
import io.vsmmu.agent.handoff.HandoffListener.Outcome;
import io.vsmmu.agent.handoff.HandoffServer;
import io.vsmmu.agent.handoff.HandoffSettings;
import io.vsmmu.agent.handoff.MemlockLimit;
import io.vsmmu.agent.handoff.MemlockPolicy;
import io.vsmmu.agent.handoff.PeerCheck;
import io.vsmmu.agent.inventory.DeviceClaims;
import io.vsmmu.agent.inventory.DeviceState;
import io.vsmmu.agent.inventory.NodeInventory;
import io.vsmmu.agent.inventory.Wish;
import io.vsmmu.agent.kubelet.DevicePlugins;
import io.vsmmu.agent.kubelet.KubeletTimings;
import io.vsmmu.agent.kubelet.PodResourcesHolders;
import io.vsmmu.agent.metrics.AgentMetrics;
import io.vsmmu.agent.probe.Prober;
import io.vsmmu.agent.receive.HandoffClient;
import io.vsmmu.agent.receive.VerificationException;
import io.vsmmu.agent.receive.Verifier;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.fdpass.Deadline;
import io.vsmmu.iommufd.fdpass.SocketType;
import io.vsmmu.iommufd.fdpass.UnixSocket;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.simulated.SimulatedMachine.Usage;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.simulated.node.NodeFolder;
import io.vsmmu.iommufd.simulated.node.NodeServer;
import io.vsmmu.iommufd.simulated.node.RemoteKernel;
import io.vsmmu.standin.kubelet.AdmissionException;
import io.vsmmu.standin.kubelet.ContainerGrant;
import io.vsmmu.standin.kubelet.PodRef;
import io.vsmmu.standin.kubelet.StandInKubelet;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;

/**
 * Pods come, collect their devices and go, in every way that they do, one after another: through
 * kubelet's gRPC, over real sockets, with real descriptors of a simulated node. A process of its
 * own, so that all it holds is the agent's and its surroundings'. Time is the program's own.
 */
final class Soak implements AutoCloseable {

  private static final String NIC = "vsmmu.io/nic";
  private static final String FAST = "vsmmu.io/fast-nic";
  private static final Wish WISH =
      new Wish(
          1,
          List.of(
              ResourceSpec.of(NIC, at("0000:09:00.0"), at("0000:0a:00.0")),
              ResourceSpec.of(FAST, at("0000:89:00.0"))),
          false,
          true);
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int WARM_UP = 120;

  private final Path folder;
  private final TestNode node;
  private final NodeServer server;
  private final Kernel vm;
  private final NodeInventory inventory;
  private final AgentMetrics metrics = new AgentMetrics("soak");
  private final AllocationLedger ledger;
  private final HandoffServer points;
  private final PodResourcesHolders holders;
  private final StandInKubelet kubelet;
  private final DevicePlugins plugins;
  private final ReleaseWatch releases;
  private final BlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();
  private volatile Instant now = Instant.parse("2026-01-01T00:00:00Z");

  private Soak(Path folder) throws IOException {
    this.folder = folder;
    node = new TestNode(folder, SimulatedNode.small().onVfio());
    var nodeFolder = new NodeFolder(folder.resolve("node"));
    server = NodeServer.start(nodeFolder, node.machine(), node.sysfs());
    vm = new RemoteKernel(nodeFolder);
    var kernel = metrics.metered(new RemoteKernel(nodeFolder));
    var claims = new DeviceClaims();
    inventory =
        NodeInventory.open(
            node.sys(),
            node.binder(),
            new Prober(kernel, node.dev(), node.sys()),
            claims,
            node.state().resolve("smmus"),
            TestNode.BOOT);
    ledger = AllocationLedger.open(node.state().resolve("allocations"));
    var pluginFolder = Files.createDirectories(folder.resolve("plugins"));
    var podResources = folder.resolve("pod-resources.sock");
    kubelet = StandInKubelet.start(pluginFolder, podResources);
    holders =
        new PodResourcesHolders(
            podResources, pluginFolder, Optional.empty(), KubeletTimings.DEFAULT);
    points =
        new HandoffServer(
            new HandoffSettings(
                folder.resolve("handoff"),
                Duration.ofSeconds(20),
                Duration.ZERO,
                MemlockPolicy.of(MemlockLimit.of(0))),
            ledger,
            PeerCheck.path(holders, PeerCheck.PATIENCE),
            (protocol, outcome, took) -> {
              metrics.handoffs().ended(protocol, outcome, took);
              outcomes.add(outcome);
            });
    var surroundings =
        new Surroundings(
            kernel,
            node.sys(),
            node.dev(),
            TestNode.BOOT,
            (Integer) Files.getAttribute(folder, "unix:uid"),
            inventory,
            claims);
    var allocations = new Allocations(surroundings, ledger, points, () -> now, LIMIT);
    allocations.restore();
    releases =
        new ReleaseWatch(
            ledger,
            new Release(surroundings, ledger, points, new DeviceNodes(node.dev())),
            holders,
            ReleaseRule.DEFAULT,
            () -> now);
    inventory.subscribeReports(metrics::show);
    ledger.subscribe(metrics::show);
    inventory.wish(WISH);
    plugins =
        DevicePlugins.start(
            pluginFolder,
            inventory,
            metrics.metered(allocations),
            KubeletTimings.DEFAULT,
            registrations -> {});
  }

  /**
   * Prints what the process holds before and after, a line each.
   *
   * @param args an empty folder, and how many cycles
   */
  public static void main(String[] args) throws Exception {
    int cycles = Integer.parseInt(args[1]);
    try (var soak = new Soak(Path.of(args[0]))) {
      soak.awaitDevices();
      soak.cycles(0, WARM_UP);
      System.out.println("before " + soak.holdings());
      for (int done = 0; done < cycles; done += 1000) {
        soak.cycles(done, Math.min(cycles, done + 1000));
        System.out.printf("after %d %s%n", Math.min(cycles, done + 1000), soak.holdings());
      }
    }
    System.exit(0);
  }

  private void awaitDevices() {
    await(() -> kubelet.allocatable(NIC) == 2 && kubelet.allocatable(FAST) == 1);
  }

  private void cycles(int from, int to) throws Exception {
    for (int i = from; i < to; i++) {
      var pod = new PodRef("default", "vm-" + i, "uid-" + i);
      switch (i % 6) {
        case 0 -> wholeNode(pod);
        case 1 -> oneDevice(pod);
        case 2 -> neverCollected(pod);
        case 3 -> kubeVirt(pod);
        case 4 -> containerThatFailsAtFirst(pod);
        default -> superseded(pod);
      }
      end(pod);
      if (!ledger.allocations().isEmpty()) {
        throw new IllegalStateException(
            "left after cycle %d: %s".formatted(i, ledger.allocations()));
      }
    }
  }

  /** Two resources behind two SMMUs, in one context. */
  private void wholeNode(PodRef pod) throws Exception {
    use(kubelet.admit(pod, "vm", Map.of(NIC, 2, FAST, 1)));
  }

  private void oneDevice(PodRef pod) throws Exception {
    use(kubelet.admit(pod, "vm", Map.of(NIC, 1)));
  }

  private void neverCollected(PodRef pod) throws AdmissionException {
    kubelet.admit(pod, "vm", Map.of(NIC, 1));
  }

  private void kubeVirt(PodRef pod) throws Exception {
    var grant = kubelet.admit(pod, "vm", Map.of(NIC, 1));
    var socket = mounted(grant, "/var/run/kubevirt/iommufd.sock");
    var deadline = Deadline.after(LIMIT);
    int fd;
    try (var launcher = UnixSocket.connect(socket, SocketType.STREAM, deadline);
        var message = launcher.receive(1, 1, deadline)) {
      fd = message.fds().getFirst().take();
      launcher.send(new byte[1], deadline);
    }
    expect(Outcome.HANDED);
    var cdev =
        grant.devices().entrySet().stream()
            .filter(device -> device.getKey().startsWith("/dev/vfio/devices/"))
            .map(device -> Path.of(device.getValue().getHostPath()))
            .findFirst()
            .orElseThrow();
    try (var context = IommuContext.adopt(vm, fd);
        var device = VfioDevice.open(vm, cdev, "device")) {
      var _ = device.bind(context);
    }
  }

  private void containerThatFailsAtFirst(PodRef pod) throws Exception {
    var grant = kubelet.admit(pod, "vm", Map.of(NIC, 1));
    var socket = socket(grant);
    UnixSocket.connect(socket, SocketType.STREAM, Deadline.after(LIMIT)).close();
    var first = outcomes.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
    if (first != Outcome.BROKEN_OFF && first != Outcome.NOT_ACKNOWLEDGED) {
      throw new IllegalStateException("a client that says nothing: " + first);
    }
    use(grant);
    use(grant);
  }

  /** Kubelet gives the devices on before anybody has noticed that they are free. */
  private void superseded(PodRef pod) throws Exception {
    var earlier = new PodRef("default", pod.name() + "-earlier", pod.uid() + "-earlier");
    use(kubelet.admit(earlier, "vm", Map.of(FAST, 1)));
    kubelet.remove(earlier);
    use(kubelet.admit(pod, "vm", Map.of(FAST, 1)));
  }

  /** A VMM collects, proves and uses what it has, and ends. */
  private void use(ContainerGrant grant)
      throws IOException, InterruptedException, VerificationException {
    var received = HandoffClient.receive(socket(grant), LIMIT);
    expect(Outcome.HANDED);
    try (var verifier = new Verifier(vm, received, step -> {})) {
      verifier.verify();
    }
  }

  private void expect(Outcome wanted) throws InterruptedException {
    var outcome = outcomes.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
    if (outcome != wanted) {
      throw new IllegalStateException("a hand-off ended as " + outcome);
    }
  }

  /** The pod is gone, and the agent finds out. */
  private void end(PodRef pod) {
    releases.look();
    kubelet.remove(pod);
    // Closing a descriptor of the simulated node takes effect a moment later.
    await(() -> {
      now = now.plus(Duration.ofMinutes(2));
      releases.look();
      return ledger.allocations().isEmpty();
    });
  }

  private static Path socket(ContainerGrant grant) {
    return mounted(grant, "/run/vsmmu").resolve(HandoffPoints.SOCKET);
  }

  private static Path mounted(ContainerGrant grant, String path) {
    var mount = grant.mounts().get(path);
    if (mount == null) {
      throw new IllegalStateException("nothing is mounted at " + path);
    }
    return Path.of(mount.getHostPath());
  }

  /** What the process holds when all is quiet. */
  private String holdings() throws IOException {
    await(() ->
        node.machine().usage().equals(new Usage(0, 0, 0, 0))
            && inventory.snapshot().devices().stream()
                .allMatch(device -> device.state() == DeviceState.AVAILABLE));
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    return "fds=%d threads=%d files=%d heapKiB=%d"
        .formatted(
            entries(Path.of("/proc/self/fd")),
            Thread.getAllStackTraces().values().stream().filter(stack -> !spare(stack)).count(),
            files(node.state())
                + files(folder.resolve("handoff"))
                + files(folder.resolve("plugins")),
            heap / 1024);
  }

  /**
   * Whether a pool keeps a thread for a while in case that as many tasks come at once again, and
   * lets it go otherwise: how many there are says how busy the processors were.
   */
  private static boolean spare(StackTraceElement[] stack) {
    return IntStream.range(1, stack.length)
        .anyMatch(below ->
            stack[below].getClassName().equals(ThreadPoolExecutor.class.getName())
                && stack[below].getMethodName().equals("getTask")
                && stack[below - 1].getMethodName().equals("poll"));
  }

  private static long entries(Path folder) throws IOException {
    try (var entries = Files.list(folder)) {
      return entries.count();
    }
  }

  private static long files(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      return files.count();
    }
  }

  private static void await(BooleanSupplier condition) {
    Awaitility.await()
        .atMost(LIMIT)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(2))
        .pollInSameThread()
        .until(condition::getAsBoolean);
  }

  @Override
  public void close() throws IOException {
    plugins.close();
    kubelet.close();
    points.close();
    holders.close();
    inventory.close();
    server.close();
    metrics.close();
  }

  private static DeviceSelector at(String address) {
    return new DeviceSelector(null, null, null, address, null, null);
  }
}
