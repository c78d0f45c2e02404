package io.vsmmu.bench;

import io.vsmmu.bench.agent.AllocateMeasurement;
import io.vsmmu.bench.agent.ChangeMeasurement;
import io.vsmmu.bench.agent.LabAllocateMeasurement;
import io.vsmmu.bench.agent.StartMeasurement;
import io.vsmmu.bench.discovery.DiscoveryMeasurement;
import io.vsmmu.bench.operator.OperatorMeasurement;
import io.vsmmu.bench.tree.TreeMeasurement;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs the measurements and prints their table. What happens meanwhile goes to standard error. */
@Command(
    name = "bench",
    description = "Measures each part against the bare work that it does.",
    mixinStandardHelpOptions = true)
public final class Bench implements Callable<Integer> {
  private final long start = System.nanoTime();

  @Spec private CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  @Option(
      names = "--logs",
      paramLabel = "DIR",
      required = true,
      description = "takes what the measured programs say")
  private Path logs = Path.of("");

  @Option(
      names = "--top",
      paramLabel = "DIR",
      required = true,
      description = "the project's folder, where it has been packaged")
  private Path top = Path.of("");

  @Parameters(
      paramLabel = "MEASUREMENT",
      arity = "0..*",
      description =
          "what to measure, all by default: tree, discovery, start, allocate, lab, change, operator")
  private List<String> wanted = List.of();

  private Bench() {}

  /** See {@code --help}. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Bench()).execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    Files.createDirectories(logs);
    List<Row> rows = new ArrayList<>();
    List<String> failed = new ArrayList<>();
    for (Measurement measurement : chosen()) {
      try {
        rows.addAll(measurement.run(line -> say(measurement.name() + ": " + line)));
      } catch (InterruptedException e) {
        throw e;
      } catch (Exception e) {
        // What others took minutes for is shown all the same.
        failed.add(measurement.name());
        say("%s failed: %s".formatted(measurement.name(), e));
      }
    }
    say(failed.isEmpty() ? "done" : "failed: " + String.join(", ", failed));
    System.out.printf("%s%n%n%s%n", Machine.describe(), Table.of(rows));
    return failed.isEmpty() ? 0 : 1;
  }

  private List<Measurement> chosen() {
    List<Measurement> all =
        List.of(
            new TreeMeasurement(logs),
            new DiscoveryMeasurement(logs),
            new StartMeasurement(logs, top.resolve("images/device-plugin/app/jvm.options")),
            new AllocateMeasurement(),
            new LabAllocateMeasurement(top, logs),
            new ChangeMeasurement(),
            new OperatorMeasurement(top, logs));
    List<String> names = all.stream().map(Measurement::name).toList();
    for (String name : wanted) {
      if (!names.contains(name)) {
        throw new ParameterException(
            spec.commandLine(), "no measurement is called " + name + "; there are " + names);
      }
    }
    return wanted.isEmpty()
        ? all
        : all.stream().filter(measurement -> wanted.contains(measurement.name())).toList();
  }

  private void say(String line) {
    System.err.printf(Locale.ROOT, "%5.0f s  %s%n", (System.nanoTime() - start) / 1e9, line);
  }
}
