package io.vsmmu.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

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

  /**
   * Runs both in JVMs of their own.
   *
   * @param parameter the class's one parameter
   * @param values of the parameter, of which each makes a pair
   * @param log takes what JMH says
   * @throws RunnerException when a benchmark fails
   */
  public static List<JmhPair> run(
      Class<?> benchmark, String parameter, List<String> values, Path log) throws RunnerException {
    return run(benchmark, parameter, values, new OptionsBuilder().output(log.toString()));
  }

  /**
   * As above.
   *
   * @param options how long, how often, and in which JVMs
   */
  static List<JmhPair> run(
      Class<?> benchmark, String parameter, List<String> values, ChainedOptionsBuilder options)
      throws RunnerException {
    Collection<RunResult> results =
        new Runner(
                options
                    .include(benchmark.getName() + "\\.(" + OURS + "|" + BARE + ")$")
                    .param(parameter, values.toArray(String[]::new))
                    .shouldFailOnError(true)
                    .verbosity(VerboseMode.NORMAL)
                    .build())
            .run();
    Map<String, Double> seconds = new LinkedHashMap<>();
    for (RunResult result : results) {
      String method = result.getPrimaryResult().getLabel();
      seconds.put(method + " " + result.getParams().getParam(parameter), secondsOf(result));
    }
    List<JmhPair> pairs = new ArrayList<>();
    for (String value : values) {
      pairs.add(
          new JmhPair(
              value, measured(seconds, OURS + " " + value), measured(seconds, BARE + " " + value)));
    }
    return pairs;
  }

  private static double secondsOf(RunResult result) {
    return result.getPrimaryResult().getScore()
        * TimeUnit.NANOSECONDS.convert(1, result.getParams().getTimeUnit())
        / 1e9;
  }

  private static double measured(Map<String, Double> seconds, String what) {
    Double measured = seconds.get(what);
    if (measured == null) {
      throw new IllegalStateException("JMH did not run " + what + ", only " + seconds.keySet());
    }
    return measured;
  }
}
