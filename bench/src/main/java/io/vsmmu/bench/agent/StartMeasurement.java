package io.vsmmu.bench.agent;

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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;

/**
 * The agent as a process, from its start until kubelet has its 64 devices, and its memory then.
 *
 * @param logs takes what the processes say
 * @param options file with the JVM's options of the image, an argument file of {@code java}
 */
public record StartMeasurement(Path logs, Path options) implements Measurement {
  private static final int SMMUS = 4;
  private static final int FUNCTIONS = 16;
  private static final int DEVICES = SMMUS * FUNCTIONS;
  private static final int ROUNDS = 9;
  private static final Pattern RESIDENT = Pattern.compile("(?m)^VmRSS:\\s*([0-9]+) kB$");

  /** After that a JVM has done what it does after its start. */
  private static final long REST_MILLIS = 1000;

  private static final long END_SECONDS = 60;

  private record Start(double seconds, double bytes) {}

  @Override
  public String name() {
    return "start";
  }

  @Override
  public List<Row> run(Consumer<String> progress) throws Exception {
    progress.accept("agent and bare plugin started %d times each (a minute)".formatted(ROUNDS));
    List<Start> ours = new ArrayList<>();
    List<Start> bare = new ArrayList<>();
    try (Scratch scratch = Scratch.make(name())) {
      NodeFolder node = new NodeFolder(Files.createDirectories(scratch.folder().resolve("node")));
      var machine = new SimulatedMachine(LargeNode.of(SMMUS, FUNCTIONS).onVfio());
      try (NodeServer _ =
          NodeServer.start(node, machine, new SimulatedTree(node.root(), machine))) {
        for (int round = 0; round < ROUNDS; round++) {
          AgentFolders agent = AgentFolders.in(scratch.folder(), 2 * round);
          ours.add(start("agent", agent, "io.vsmmu.agent.cli.Vsmmu", agent.arguments(node)));
          AgentFolders plugin = AgentFolders.in(scratch.folder(), 2 * round + 1);
          bare.add(
              start(
                  "bare",
                  plugin,
                  BarePlugin.class.getName(),
                  List.of(
                      plugin.plugins().toString(),
                      AgentFolders.RESOURCE,
                      Integer.toString(DEVICES))));
        }
      }
    }
    String against = "a plugin that does nothing, on the same JVM";
    return List.of(
        new Row(
            "agent, from its start until kubelet has its %d devices".formatted(DEVICES),
            Amount.seconds(median(ours, Start::seconds)),
            against,
            Amount.seconds(median(bare, Start::seconds))),
        new Row(
            "agent's resident memory then",
            Amount.bytes(median(ours, Start::bytes)),
            against,
            Amount.bytes(median(bare, Start::bytes))));
  }

  private static double median(List<Start> starts, ToDoubleFunction<Start> part) {
    return Samples.of(starts.stream().map(part::applyAsDouble).toList()).median();
  }

  private Start start(String name, AgentFolders folders, String program, List<String> arguments)
      throws IOException, InterruptedException, TimeoutException {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
    line.add("@" + options);
    line.addAll(List.of("-cp", System.getProperty("java.class.path"), program));
    line.addAll(arguments);
    var change = new Change();
    try (var kubelet = folders.kubelet(change)) {
      long start = System.nanoTime();
      Process process =
          new ProcessBuilder(line)
              .redirectErrorStream(true)
              .redirectOutput(logs.resolve(name() + "." + name + ".log").toFile())
              .start();
      try {
        change.await(kubelet, AgentFolders.RESOURCE, DEVICES);
        double seconds = (System.nanoTime() - start) / 1e9;
        TimeUnit.MILLISECONDS.sleep(REST_MILLIS);
        return new Start(seconds, resident(process.pid()));
      } finally {
        process.destroy();
        if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      }
    }
  }

  private static double resident(long pid) throws IOException {
    Path status = Path.of("/proc", Long.toString(pid), "status");
    var matcher = RESIDENT.matcher(Files.readString(status));
    if (!matcher.find()) {
      throw new IOException("no VmRSS in " + status);
    }
    return Double.parseDouble(matcher.group(1)) * (1 << 10);
  }
}
