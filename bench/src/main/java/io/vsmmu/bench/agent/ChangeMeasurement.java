package io.vsmmu.bench.agent;

import io.vsmmu.agent.NodeAgent;
import io.vsmmu.bench.Amount;
import io.vsmmu.bench.Measurement;
import io.vsmmu.bench.Row;
import io.vsmmu.bench.Samples;
import io.vsmmu.bench.Scratch;
import io.vsmmu.bench.node.LargeNode;
import io.vsmmu.iommufd.simulated.SimulatedMachine;
import io.vsmmu.iommufd.simulated.SimulatedTree;
import io.vsmmu.iommufd.simulated.node.NodeFolder;
import io.vsmmu.iommufd.simulated.node.NodeServer;
import io.vsmmu.iommufd.simulated.node.RemoteKernel;
import io.vsmmu.iommufd.topology.TopologyChanges;
import io.vsmmu.standin.kubelet.StandInKubelet;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * One of 4,096 devices leaves its driver: from the kernel's word of it until kubelet has the list
 * without that device.
 */
public final class ChangeMeasurement implements Measurement {
  private static final int DEVICES = LargeNode.SMMUS * LargeNode.FUNCTIONS;
  private static final String DEVICE = "0000:00:00.0";
  private static final String BARE = "vsmmu.io/bare";
  private static final int WARM_UP = 5;
  private static final int CHANGES = 20;

  @Override
  public String name() {
    return "change";
  }

  @Override
  public List<Row> run(Consumer<String> progress) throws Exception {
    progress.accept("an agent with %,d devices, %d changes (a minute)".formatted(DEVICES, CHANGES));
    List<Double> ours = new ArrayList<>();
    List<Double> bare = new ArrayList<>();
    try (Scratch scratch = Scratch.make(name())) {
      NodeFolder folder = new NodeFolder(Files.createDirectories(scratch.folder().resolve("node")));
      var machine = new SimulatedMachine(LargeNode.largest().onVfio());
      var tree = new SimulatedTree(folder.root(), machine);
      AgentFolders agent = AgentFolders.in(scratch.folder(), 0);
      var change = new Change();
      var uevent = new AtomicReference<Runnable>(() -> {});
      try (NodeServer _ = NodeServer.start(folder, machine, tree);
          StandInKubelet kubelet = agent.kubelet(change);
          BarePlugin plugin = new BarePlugin(agent.plugins(), BARE, DEVICES);
          NodeAgent _ =
              NodeAgent.start(
                  agent.settings(folder, new RemoteKernel(folder), toldBy(uevent)),
                  agent.config("Unmanaged"))) {
        plugin.register();
        change.await(kubelet, BARE, DEVICES);
        change.await(kubelet, AgentFolders.RESOURCE, DEVICES);
        for (int i = -WARM_UP; i < CHANGES; i++) {
          double told = lose(tree, uevent.get(), kubelet, change);
          double said = say(plugin, kubelet, change);
          if (i >= 0) {
            ours.add(told);
            bare.add(said);
          }
        }
      }
    }
    return List.of(
        new Row(
            "a change of one of %,d devices, until kubelet knows".formatted(DEVICES),
            Amount.seconds(Samples.of(ours).median()),
            "a list of as many, sent to kubelet",
            Amount.seconds(Samples.of(bare).median())));
  }

  /** As the kernel's uevents do. */
  private static TopologyChanges toldBy(AtomicReference<Runnable> uevent) {
    return changed -> {
      uevent.set(changed);
      return () -> uevent.set(() -> {});
    };
  }

  private static double lose(
      SimulatedTree tree, Runnable uevent, StandInKubelet kubelet, Change change)
      throws IOException, InterruptedException, TimeoutException {
    String folder = "bus/pci/devices/" + DEVICE;
    tree.write(folder + "/driver_override", "vfio-pci");
    tree.write(folder + "/driver/unbind", DEVICE);
    long start = System.nanoTime();
    uevent.run();
    change.await(kubelet, AgentFolders.RESOURCE, DEVICES - 1);
    double seconds = (System.nanoTime() - start) / 1e9;
    tree.write("bus/pci/drivers_probe", DEVICE);
    uevent.run();
    change.await(kubelet, AgentFolders.RESOURCE, DEVICES);
    return seconds;
  }

  private static double say(BarePlugin plugin, StandInKubelet kubelet, Change change)
      throws InterruptedException, TimeoutException {
    long start = System.nanoTime();
    plugin.tell(DEVICES, DEVICES - 1);
    change.await(kubelet, BARE, DEVICES - 1);
    double seconds = (System.nanoTime() - start) / 1e9;
    plugin.tell(DEVICES, DEVICES);
    change.await(kubelet, BARE, DEVICES);
    return seconds;
  }
}
