package io.vsmmu.bench.agent;

import io.vsmmu.agent.NodeAgent;
import io.vsmmu.bench.Amount;
import io.vsmmu.bench.Measurement;
import io.vsmmu.bench.Row;
import io.vsmmu.bench.Samples;
import io.vsmmu.bench.Scratch;
import io.vsmmu.bench.node.LargeNode;
import io.vsmmu.bench.tree.BareTree;
import io.vsmmu.bench.tree.PricedKernel;
import io.vsmmu.bench.tree.Prices;
import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.simulated.SimulatedMachine;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.simulated.SimulatedTree;
import io.vsmmu.iommufd.simulated.node.NodeFolder;
import io.vsmmu.iommufd.simulated.node.NodeServer;
import io.vsmmu.iommufd.simulated.node.RemoteKernel;
import io.vsmmu.iommufd.topology.TopologyChanges;
import io.vsmmu.standin.kubelet.PodRef;
import io.vsmmu.standin.kubelet.StandInKubelet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Pods with four devices each, admitted by kubelet through gRPC: preferred allocation, Allocate,
 * and what kubelet writes down. The node is full after as many pods as one batch has.
 */
public final class AllocateMeasurement implements Measurement {
  private static final int SMMUS = 4;
  private static final int FUNCTIONS = 16;
  private static final int DEVICES = SMMUS * FUNCTIONS;
  private static final int EACH = 4;
  private static final int BATCHES = 10;
  private static final int WARM_UP = 2;
  private static final long LOOK_MILLIS = 20;
  private static final long LIMIT_SECONDS = 120;

  private record Sides(Samples ours, Samples bare) {}

  @Override
  public String name() {
    return "allocate";
  }

  @Override
  public List<Row> run(Consumer<String> progress) throws Exception {
    int pods = BATCHES * DEVICES / EACH;
    List<Row> rows = new ArrayList<>();
    for (Prices prices : Prices.values()) {
      progress.accept("%d pods at prices %s (a minute and a half)".formatted(pods, prices));
      Sides sides = measure(prices);
      for (int percent : new int[] {50, 99}) {
        rows.add(
            new Row(
                "Allocate of %d devices through gRPC, p%d, %s"
                    .formatted(EACH, percent, prices.describe()),
                Amount.seconds(sides.ours.percentile(percent)),
                "its requests, one after the other, p" + percent,
                Amount.seconds(sides.bare.percentile(percent))));
      }
    }
    return rows;
  }

  private Sides measure(Prices prices) throws Exception {
    List<Double> ours = new ArrayList<>();
    List<Double> bare = new ArrayList<>();
    try (Scratch scratch = Scratch.make(name())) {
      NodeFolder folder = new NodeFolder(Files.createDirectories(scratch.folder().resolve("node")));
      SimulatedNode node = LargeNode.of(SMMUS, FUNCTIONS).onVfio();
      var machine = new SimulatedMachine(node);
      Kernel kernel = new PricedKernel(new RemoteKernel(folder), prices);
      AgentFolders agent = AgentFolders.in(scratch.folder(), 0);
      var change = new Change();
      try (NodeServer _ =
              NodeServer.start(folder, machine, new SimulatedTree(folder.root(), machine));
          StandInKubelet kubelet = agent.kubelet(change);
          NodeAgent _ =
              NodeAgent.start(
                  agent.settings(folder, kernel, TopologyChanges.ofTree(folder.sysfs())),
                  agent.config("Managed"))) {
        change.await(kubelet, AgentFolders.RESOURCE, DEVICES);
        for (int batch = -WARM_UP; batch < BATCHES; batch++) {
          List<Double> filled = fill(kubelet, agent, batch);
          List<Double> asked = ask(kernel, folder, node);
          if (batch >= 0) {
            ours.addAll(filled);
            bare.addAll(asked);
          }
        }
      }
    }
    return new Sides(Samples.of(ours), Samples.of(bare));
  }

  /** Admits as many pods as the node has room for, and lets them end. */
  private static List<Double> fill(StandInKubelet kubelet, AgentFolders agent, int batch)
      throws Exception {
    List<Double> seconds = new ArrayList<>();
    List<PodRef> pods = new ArrayList<>();
    for (int i = 0; i < DEVICES / EACH; i++) {
      var pod = new PodRef("default", "vm-%d-%d".formatted(batch, i), batch + "-" + i);
      long start = System.nanoTime();
      var _ = kubelet.admit(pod, "vm", Map.of(AgentFolders.RESOURCE, EACH));
      seconds.add((System.nanoTime() - start) / 1e9);
      pods.add(pod);
    }
    // What the agent never saw listed it keeps for a minute.
    await(() -> texts(agent.allocations()).stream().allMatch(text -> text.contains("\"vm-")));
    pods.forEach(kubelet::remove);
    await(() -> texts(agent.allocations()).isEmpty());
    return seconds;
  }

  /** Makes the requests of as many Allocates, on the same devices. */
  private static List<Double> ask(Kernel kernel, NodeFolder folder, SimulatedNode node) {
    List<Double> seconds = new ArrayList<>();
    try (var tree = new BareTree(kernel, folder.dev().resolve("iommu"))) {
      for (int i = 0; i < DEVICES; i += EACH) {
        List<TreeDevice> devices =
            node.devices().subList(i, i + EACH).stream()
                .map(device ->
                    new TreeDevice(
                        device.pciAddress(),
                        folder.dev().resolve("vfio/devices").resolve(device.cdev()),
                        device.smmu()))
                .toList();
        long start = System.nanoTime();
        int context = tree.prepare(devices);
        seconds.add((System.nanoTime() - start) / 1e9);
        kernel.close(context);
      }
    }
    return seconds;
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void await(Condition condition) throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.NANOSECONDS.convert(LIMIT_SECONDS, TimeUnit.SECONDS);
    while (!condition.holds()) {
      if (System.nanoTime() > end) {
        throw new IOException("the agent does not release what pods had");
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
  }

  private static List<String> texts(Path folder) throws IOException {
    List<String> texts = new ArrayList<>();
    try (var files = Files.newDirectoryStream(folder, "*.json")) {
      for (Path file : files) {
        texts.add(Files.exists(file) ? Files.readString(file) : "");
      }
    }
    return texts;
  }
}
