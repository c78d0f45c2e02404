package io.vsmmu.bench.tree;

import io.vsmmu.iommufd.InitialProxy;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.VmTree;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import io.vsmmu.iommufd.simulated.SimulatedMachine;
import io.vsmmu.iommufd.simulated.SimulatedMachine.Usage;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Builds and releases the tree of a VM with four devices behind two SMMUs. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class TreeBenchmark {
  private static final Usage NOTHING = new Usage(0, 0, 0, 0);

  @Param({"EVEN", "AS_SEEN"})
  public Prices prices = Prices.EVEN;

  private final SimulatedKernel simulated = new SimulatedKernel(FourDevices.NODE);
  private final List<TreeDevice> devices = FourDevices.devices();
  private Kernel kernel = simulated;
  private BareTree bare = new BareTree(kernel, SimulatedMachine.IOMMU);

  @Setup
  public void price() {
    kernel = new PricedKernel(simulated, prices);
    bare = new BareTree(kernel, SimulatedMachine.IOMMU);
  }

  /** With the library's objects. */
  @Benchmark
  public void ours() {
    try (IommuContext context = IommuContext.open(kernel, SimulatedMachine.IOMMU)) {
      VmTree.build(context, devices, InitialProxy.BYPASS).close();
    }
  }

  /** The requests alone. */
  @Benchmark
  public void bare() {
    bare.buildAndDestroy(devices);
  }

  /** A side that had left something out would have measured too little. */
  @TearDown
  public void requireNothingLeft() {
    bare.close();
    if (!simulated.machine().usage().equals(NOTHING)) {
      throw new IllegalStateException("left behind: " + simulated.machine().usage());
    }
  }
}
