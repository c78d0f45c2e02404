package io.vsmmu.bench.agent;

import io.vsmmu.bench.Measurement;
import io.vsmmu.bench.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * Pods with three devices each on the lab's node: a real kernel with real binds, on an emulated
 * machine.
 *
 * @param top the project's folder, where it has been packaged
 * @param logs takes what the lab says
 */
public record LabAllocateMeasurement(Path top, Path logs) implements Measurement {

  @Override
  public String name() {
    return "lab";
  }

  @Override
  public List<Row> run(Consumer<String> progress) throws IOException, InterruptedException {
    if ((Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid") != 0) {
      progress.accept("left out: the lab needs root");
      return List.of();
    }
    progress.accept("pods on the lab's real kernel (three minutes)");
    Path log = logs.resolve("lab.log");
    Process lab =
        new ProcessBuilder(top.resolve("bench/lab").toString()).redirectError(log.toFile()).start();
    List<String> lines;
    try (var output = lab.inputReader()) {
      lines = output.lines().toList();
    }
    if (lab.waitFor() != 0) {
      throw new IOException("bench/lab ended with status %d: %s".formatted(lab.exitValue(), log));
    }
    return new Allocations.Sides(
            seconds(lines, NodeAllocate.OURS), seconds(lines, NodeAllocate.BARE))
        .rows("%d devices of the lab's node".formatted(NodeAllocate.DEVICES));
  }

  private static List<Double> seconds(List<String> lines, String side) {
    return lines.stream()
        .filter(line -> line.startsWith(side))
        .map(line -> Double.valueOf(line.substring(side.length())))
        .toList();
  }
}
