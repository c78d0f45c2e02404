package io.vsmmu.bench.discovery;

import io.vsmmu.iommufd.topology.NodeTopology;
import io.vsmmu.iommufd.topology.SysfsTopology;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Reads all of a node's sysfs. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class DiscoveryBenchmark {

  /** Where the tree is. */
  @Param("/sys")
  public String root = "/sys";

  /** Into records. */
  @Benchmark
  public NodeTopology ours() throws IOException {
    return SysfsTopology.read(Path.of(root));
  }

  /** The files alone. */
  @Benchmark
  public long bare() throws IOException {
    return BareWalk.read(Path.of(root));
  }
}
