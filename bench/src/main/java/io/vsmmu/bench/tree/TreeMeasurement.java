package io.vsmmu.bench.tree;

import io.vsmmu.bench.Amount;
import io.vsmmu.bench.JmhPair;
import io.vsmmu.bench.Measurement;
import io.vsmmu.bench.Row;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.openjdk.jmh.runner.RunnerException;

/** Building and releasing a tree, at two sets of prices. */
public record TreeMeasurement(Path logs) implements Measurement {

  @Override
  public String name() {
    return "tree";
  }

  @Override
  public List<Row> run(Consumer<String> progress) throws RunnerException {
    progress.accept("a VM's tree built and released, by JMH (a minute and a half)");
    List<String> prices = Stream.of(Prices.values()).map(Prices::name).toList();
    return JmhPair.run(TreeBenchmark.class, "prices", prices, logs.resolve("tree.log")).stream()
        .map(TreeMeasurement::row)
        .toList();
  }

  private static Row row(JmhPair pair) {
    return new Row(
        "tree of 4 devices behind 2 SMMUs, built and released, "
            + Prices.valueOf(pair.parameter()).describe(),
        Amount.seconds(pair.ours()),
        "its requests, one after the other",
        Amount.seconds(pair.bare()));
  }
}
