package io.vsmmu.bench.operator;

import io.vsmmu.bench.Amount;
import io.vsmmu.bench.Measurement;
import io.vsmmu.bench.Row;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * An operator that starts and meets many VSmmu objects: how long until it has judged each, what it
 * keeps in memory, and how often it writes.
 *
 * @param top the project's folder
 * @param logs takes what operators say
 */
public record OperatorMeasurement(Path top, Path logs) implements Measurement {

  private static final List<Integer> SIZES = List.of(1000, 5000);

  /** A finalizer, and a status. */
  private static final int LEAST_WRITES = 2;

  @Override
  public String name() {
    return "operator";
  }

  @Override
  public List<Row> run(Consumer<String> progress) throws IOException, InterruptedException {
    long alone;
    try (Fleet fleet = Fleet.of(1, top)) {
      alone = settle(fleet).resident();
    }
    List<Row> rows = new ArrayList<>();
    for (int size : SIZES) {
      progress.accept(
          "creating %,d nodes, each with a VSmmu (a minute per thousand)".formatted(size));
      try (Fleet fleet = Fleet.of(size, top)) {
        progress.accept("starting the operator");
        Settled settled = settle(fleet);
        progress.accept("settled; now its writes alone");
        Duration bare = fleet.writeAlone();
        rows.addAll(rows(size, settled, bare, alone));
      }
    }
    return rows;
  }

  private static List<Row> rows(int size, Settled settled, Duration bare, long alone) {
    String objects = "operator with %,d VSmmu of %d devices".formatted(size, AgentReport.DEVICES);
    return List.of(
        new Row(
            objects + ", from its start until each is judged",
            Amount.of(settled.time()),
            "its writes, by a client that knows them",
            Amount.of(bare)),
        new Row(
            objects + ", resident memory",
            Amount.bytes(settled.resident()),
            "with one VSmmu",
            Amount.bytes(alone)),
        new Row(
            objects + ", writes to each",
            Amount.writes((double) settled.writes() / size),
            "a finalizer and a status",
            Amount.writes(LEAST_WRITES)));
  }

  private Settled settle(Fleet fleet) throws IOException, InterruptedException {
    long start = System.nanoTime();
    try (OperatorProcess operator =
        OperatorProcess.start(top, fleet, logs.resolve("operator-" + fleet.size() + ".log"))) {
      fleet.awaitJudged(operator);
      Duration time = Duration.ofNanos(System.nanoTime() - start);
      return new Settled(time, operator.resident(), fleet.writes());
    }
  }

  /**
   * When all is done.
   *
   * @param resident memory in bytes
   * @param writes to VSmmu objects
   */
  private record Settled(Duration time, long resident, long writes) {}
}
