package io.vsmmu.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * The two benchmarks of a class, {@value #OURS} and {@value #BARE}, which do the same work, for one
 * value of the class's parameter.
 *
 * @param parameter its value
 * @param ours seconds for one operation
 * @param bare as {@code ours}
 */
public record JmhPair(String parameter, double ours, double bare) {
  private static final String OURS = "ours";
  private static final String BARE = "bare";

  /** Both sides take turns, so that a machine that is busy for a while is so for both. */
  private static final int ROUNDS = 3;

  private record Side(String method, String parameter) {}

  /**
   * Runs both in JVMs of their own, and takes the medians of all iterations.
   *
   * @param parameter the class's one parameter
   * @param values of the parameter, of which each makes a pair
   * @param log takes what JMH says
   * @throws RunnerException when a benchmark fails
   */
  public static List<JmhPair> run(
      Class<?> benchmark, String parameter, List<String> values, Path log) throws RunnerException {
    List<RunResult> results = new ArrayList<>();
    for (int round = 1; round <= ROUNDS; round++) {
      results.addAll(
          once(benchmark, parameter, values, new OptionsBuilder().output(log + "." + round)));
    }
    return pairs(parameter, values, results);
  }

  /**
   * As above, but both once.
   *
   * @param options how long, and in which JVMs
   */
  static List<JmhPair> run(
      Class<?> benchmark, String parameter, List<String> values, ChainedOptionsBuilder options)
      throws RunnerException {
    return pairs(parameter, values, once(benchmark, parameter, values, options));
  }

  private static List<RunResult> once(
      Class<?> benchmark, String parameter, List<String> values, ChainedOptionsBuilder options)
      throws RunnerException {
    return List.copyOf(
        new Runner(
                options
                    .include(benchmark.getName() + "\\.(" + OURS + "|" + BARE + ")$")
                    .param(parameter, values.toArray(String[]::new))
                    .shouldFailOnError(true)
                    .build())
            .run());
  }

  private static List<JmhPair> pairs(
      String parameter, List<String> values, List<RunResult> results) {
    Map<Side, List<Double>> seconds = new HashMap<>();
    for (RunResult result : results) {
      seconds
          .computeIfAbsent(
              new Side(
                  result.getPrimaryResult().getLabel(), result.getParams().getParam(parameter)),
              side -> new ArrayList<>())
          .addAll(secondsOf(result));
    }
    return values.stream()
        .map(value ->
            new JmhPair(
                value,
                median(seconds, new Side(OURS, value)),
                median(seconds, new Side(BARE, value))))
        .toList();
  }

  private static List<Double> secondsOf(RunResult result) {
    double unit = TimeUnit.NANOSECONDS.convert(1, result.getParams().getTimeUnit()) / 1e9;
    return result.getBenchmarkResults().stream()
        .flatMap(fork -> fork.getIterationResults().stream())
        .map(iteration -> iteration.getPrimaryResult().getScore() * unit)
        .toList();
  }

  private static double median(Map<Side, List<Double>> seconds, Side side) {
    List<Double> measured = seconds.get(side);
    if (measured == null) {
      throw new IllegalStateException("JMH did not run " + side + ", only " + seconds.keySet());
    }
    return Samples.of(measured).median();
  }
}
