package io.vsmmu.iommufd.simulated.node;

import io.vsmmu.iommufd.simulated.SimulatedMachine;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.simulated.SimulatedTree;
import io.vsmmu.iommufd.topology.TopologySnapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;

/** Runs a simulated node in a folder until it is killed. Needs no root. */
public final class SimulatedNodeMain {
  private static final Map<String, Supplier<SimulatedNode>> NODES =
      Map.of(
          "eight-nics", SimulatedNode::eightNics,
          "grace-like", SimulatedNode::graceLike,
          "small", SimulatedNode::small,
          "without-nesting", SimulatedNode::withoutNesting);

  private SimulatedNodeMain() {}

  /**
   * @param args the folder, made if need be; and the name of a built-in node or the file of a
   *     {@link TopologySnapshot}
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    if (args.length != 2) {
      System.err.println(
          "usage: SimulatedNodeMain FOLDER "
              + String.join("|", NODES.keySet().stream().sorted().toList())
              + "|SNAPSHOT");
      System.exit(2);
      return;
    }
    var folder = new NodeFolder(Path.of(args[0]));
    var builtIn = NODES.get(args[1]);
    var node =
        builtIn == null ? SimulatedNode.of(TopologySnapshot.load(Path.of(args[1]))) : builtIn.get();
    try (var own = own(folder)) {
      var machine = new SimulatedMachine(node);
      try (var server =
          NodeServer.start(folder, machine, new SimulatedTree(folder.root(), machine))) {
        System.out.printf(
            "node %s with %d SMMUs and %d devices in %s%n",
            args[1], node.smmus().size(), node.devices().size(), folder.root());
        new CountDownLatch(1).await();
      }
    }
  }

  /** Takes the folder over from a node that ended, but not from one that runs. */
  private static FileLock own(NodeFolder folder) throws IOException {
    Files.createDirectories(folder.root());
    boolean ours = Files.exists(folder.lock());
    try (var entries = Files.list(folder.root())) {
      if (!ours && entries.findAny().isPresent()) {
        throw new IOException(
            folder.root() + " is neither empty nor the folder of a simulated node: choose another");
      }
    }
    var channel =
        FileChannel.open(folder.lock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    var lock = channel.tryLock();
    if (lock == null) {
      channel.close();
      throw new IOException("another process runs the simulated node in " + folder.root());
    }
    Files.deleteIfExists(folder.socket());
    delete(folder.sysfs());
    delete(folder.dev());
    return lock;
  }

  private static void delete(Path tree) throws IOException {
    if (!Files.exists(tree)) {
      return;
    }
    try (var paths = Files.walk(tree)) {
      paths
          .sorted(Comparator.reverseOrder())
          .forEach(path -> {
            try {
              Files.delete(path);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
  }
}
