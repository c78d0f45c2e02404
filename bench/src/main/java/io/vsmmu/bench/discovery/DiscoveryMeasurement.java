package io.vsmmu.bench.discovery;

import io.vsmmu.bench.Amount;
import io.vsmmu.bench.JmhPair;
import io.vsmmu.bench.Measurement;
import io.vsmmu.bench.Row;
import io.vsmmu.bench.Scratch;
import io.vsmmu.bench.node.LargeNode;
import io.vsmmu.iommufd.simulated.SimulatedMachine;
import io.vsmmu.iommufd.simulated.SimulatedTree;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.openjdk.jmh.runner.RunnerException;

/** Discovery of a large node. */
public record DiscoveryMeasurement(Path logs) implements Measurement {

  @Override
  public String name() {
    return "discovery";
  }

  @Override
  public List<Row> run(Consumer<String> progress) throws IOException, RunnerException {
    int functions = LargeNode.SMMUS * LargeNode.FUNCTIONS;
    progress.accept("writing a sysfs of %d functions".formatted(functions));
    try (Scratch scratch = Scratch.make(name())) {
      Path root =
          new SimulatedTree(scratch.folder(), new SimulatedMachine(LargeNode.largest())).root();
      progress.accept("reading it, by JMH (a minute)");
      return JmhPair.run(
              DiscoveryBenchmark.class,
              "root",
              List.of(root.toString()),
              logs.resolve("discovery.log"))
          .stream()
          .map(pair ->
              new Row(
                  "discovery of %d SMMUs and %,d functions".formatted(LargeNode.SMMUS, functions),
                  Amount.seconds(pair.ours()),
                  "reading the same files with as many threads",
                  Amount.seconds(pair.bare())))
          .toList();
    }
  }
}
