package io.vsmmu.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.bench.tree.TreeBenchmark;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** That a benchmark runs, and what it gives; how fast anything is belongs to {@code make bench}. */
class SmokeTest {

  @Test
  void oneTinyRunYieldsARatio(@TempDir Path folder) throws Exception {
    List<JmhPair> pairs =
        JmhPair.run(
            TreeBenchmark.class,
            "prices",
            List.of("EVEN"),
            new OptionsBuilder()
                .forks(0)
                .warmupIterations(0)
                .measurementIterations(1)
                .measurementTime(TimeValue.milliseconds(10))
                .output(folder.resolve("log").toString()));

    assertThat(pairs)
        .singleElement()
        .satisfies(pair -> {
          assertThat(pair.ours()).isPositive();
          assertThat(pair.bare()).isPositive();
          assertThat(
                  new Row("a", Amount.seconds(pair.ours()), "b", Amount.seconds(pair.bare()))
                      .ratio())
              .isPositive()
              .isFinite();
        });
  }
}
