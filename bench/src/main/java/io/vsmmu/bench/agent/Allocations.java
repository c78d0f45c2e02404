package io.vsmmu.bench.agent;

import io.vsmmu.agent.AgentSettings;
import io.vsmmu.agent.NodeAgent;
import io.vsmmu.bench.Amount;
import io.vsmmu.bench.Row;
import io.vsmmu.bench.Samples;
import io.vsmmu.bench.tree.BareTree;
import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.standin.kubelet.PodRef;
import io.vsmmu.standin.kubelet.StandInKubelet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Pods that kubelet admits through gRPC: preferred allocation, Allocate, and what kubelet writes
 * down. In turns with them the requests that prepare such contexts, of the same devices.
 *
 * @param folders of the agent and its kubelet
 * @param settings of the agent
 * @param config the node's VSmmu
 * @param total devices of the node; as many pods as get some are in one batch
 * @param each devices of a pod
 */
record Allocations(AgentFolders folders, AgentSettings settings, Path config, int total, int each) {
  private static final long LOOK_MILLIS = 20;
  private static final long LIMIT_SECONDS = 120;

  /** Seconds of an admission, and of its requests. */
  record Sides(List<Double> ours, List<Double> bare) {

    /**
     * Their halves and their slowest.
     *
     * @param what was allocated, and where
     */
    List<Row> rows(String what) {
      return Stream.of(50, 99)
          .map(percent ->
              new Row(
                  "Allocate of %s through gRPC, p%d".formatted(what, percent),
                  Amount.seconds(Samples.of(ours).percentile(percent)),
                  "its requests, one after the other, p" + percent,
                  Amount.seconds(Samples.of(bare).percentile(percent))))
          .toList();
    }
  }

  /** Tells the devices of a node whose agent has bound them. */
  interface Devices {
    List<TreeDevice> read() throws IOException;
  }

  /**
   * Fills the node with pods, and empties it, again and again.
   *
   * @param warmUp batches before those that count
   */
  Sides measure(Devices devices, int warmUp, int batches) throws Exception {
    Sides sides = new Sides(new ArrayList<>(), new ArrayList<>());
    var change = new Change();
    try (StandInKubelet kubelet = folders.kubelet(change);
        NodeAgent _ = NodeAgent.start(settings, config)) {
      change.await(kubelet, AgentFolders.RESOURCE, total);
      List<TreeDevice> bound = devices.read();
      for (int batch = -warmUp; batch < batches; batch++) {
        List<Double> filled = fill(kubelet, batch);
        List<Double> asked = ask(bound);
        if (batch >= 0) {
          sides.ours.addAll(filled);
          sides.bare.addAll(asked);
        }
      }
    }
    return sides;
  }

  /** Admits as many pods as the node has room for, and lets them end. */
  private List<Double> fill(StandInKubelet kubelet, int batch) throws Exception {
    List<Double> seconds = new ArrayList<>();
    List<PodRef> pods = new ArrayList<>();
    for (int i = 0; i < total / each; i++) {
      var pod = new PodRef("default", "vm-%d-%d".formatted(batch, i), batch + "-" + i);
      long start = System.nanoTime();
      var _ = kubelet.admit(pod, "vm", Map.of(AgentFolders.RESOURCE, each));
      seconds.add((System.nanoTime() - start) / 1e9);
      pods.add(pod);
    }
    // What the agent never saw listed it keeps for a minute.
    await(() -> texts(folders.allocations()).stream().allMatch(text -> text.contains("\"vm-")));
    pods.forEach(kubelet::remove);
    await(() -> texts(folders.allocations()).isEmpty());
    return seconds;
  }

  /** Makes the requests of as many Allocates, on the same devices. */
  private List<Double> ask(List<TreeDevice> devices) {
    List<Double> seconds = new ArrayList<>();
    try (var tree = new BareTree(settings.kernel(), settings.dev().resolve("iommu"))) {
      for (int i = 0; i + each <= devices.size(); i += each) {
        List<TreeDevice> some = devices.subList(i, i + each);
        long start = System.nanoTime();
        int context = tree.prepare(some);
        seconds.add((System.nanoTime() - start) / 1e9);
        settings.kernel().close(context);
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
        texts.add(text(file));
      }
    }
    return texts;
  }

  private static String text(Path file) throws IOException {
    try {
      return Files.readString(file);
    } catch (NoSuchFileException _) {
      // The agent released it meanwhile.
      return "";
    }
  }
}
