package io.vsmmu.bench.agent;

import io.vsmmu.bench.Measurement;
import io.vsmmu.bench.Row;
import io.vsmmu.bench.Scratch;
import io.vsmmu.bench.node.LargeNode;
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
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Pods with four devices each on a simulated node. */
public final class AllocateMeasurement implements Measurement {
  private static final int SMMUS = 4;
  private static final int FUNCTIONS = 16;
  private static final int DEVICES = SMMUS * FUNCTIONS;
  private static final int EACH = 4;
  private static final int BATCHES = 10;
  private static final int WARM_UP = 2;

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
      rows.addAll(
          measure(prices).rows("%d simulated devices, %s,".formatted(EACH, prices.describe())));
    }
    return rows;
  }

  private Allocations.Sides measure(Prices prices) throws Exception {
    try (Scratch scratch = Scratch.make(name())) {
      NodeFolder folder = new NodeFolder(Files.createDirectories(scratch.folder().resolve("node")));
      SimulatedNode node = LargeNode.of(SMMUS, FUNCTIONS).onVfio();
      var machine = new SimulatedMachine(node);
      Kernel kernel = new PricedKernel(new RemoteKernel(folder), prices);
      AgentFolders agent = AgentFolders.in(scratch.folder(), 0);
      try (NodeServer _ =
          NodeServer.start(folder, machine, new SimulatedTree(folder.root(), machine))) {
        return new Allocations(
                agent,
                agent.settings(folder, kernel, TopologyChanges.ofTree(folder.sysfs())),
                agent.config("Managed"),
                DEVICES,
                EACH)
            .measure(() -> devices(folder, node), WARM_UP, BATCHES);
      }
    }
  }

  private static List<TreeDevice> devices(NodeFolder folder, SimulatedNode node) {
    return node.devices().stream()
        .map(device ->
            new TreeDevice(
                device.pciAddress(),
                folder.dev().resolve("vfio/devices").resolve(device.cdev()),
                device.smmu()))
        .toList();
  }
}
