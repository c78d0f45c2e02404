package io.vsmmu.lab.conformance;

import io.vsmmu.iommufd.topology.Sysfs;
import io.vsmmu.lab.node.NodeDevices;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The program: runs cases at one place and writes the results, or compares the results of both.
 *
 * <pre>
 *   Conformance simulator RESULTS                     anywhere
 *   Conformance kernel RESULTS TOPOLOGY               as root, in the lab's node
 *   Conformance compare SIMULATOR-RESULTS KERNEL-RESULTS...
 * </pre>
 *
 * The exit status of the first two is 0 when the cases could be run, whatever they gave; that of
 * the last when all is as it must be.
 */
public final class Conformance {

  /** What iommufd's tests take their devices from. */
  private static final String DEVICES = "vsmmu.conformance.devices";

  /** What kinds of machine iommufd's tests take this node for. */
  private static final String GROUNDS = "vsmmu.conformance.grounds";

  /** What says that cases are to run on this node. */
  private static final String PLACE = "vsmmu.place";

  private static final int INTEL = 0x8086;
  private static final int E1000E = 0x10d3;

  private Conformance() {}

  /** Runs the program. */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length < 2) {
      throw new IllegalArgumentException("wanted: simulator, kernel or compare, and files");
    }
    Path file = Path.of(arguments[1]);
    List<String> rest = List.of(arguments).subList(2, arguments.length);
    switch (arguments[0]) {
      case "simulator" -> ResultFile.write(file, Cases.simulator().run(System.err));
      case "kernel" -> {
        System.setProperty(DEVICES, networkCards());
        System.setProperty(GROUNDS, Cases.grounds(rest.getFirst()));
        System.setProperty(PLACE, "kernel");
        ResultFile.write(file, Cases.kernel(rest.getFirst()).run(System.err));
      }
      case "compare" -> compare(file, rest);
      default -> throw new IllegalArgumentException("unknown command " + arguments[0]);
    }
  }

  private static String networkCards() throws IOException {
    return new NodeDevices(Sysfs.at(Path.of("/sys")))
        .onVfio(INTEL, E1000E).stream()
            .map(device -> device.pciAddress() + "=" + device.cdev() + "=" + device.smmu())
            .collect(Collectors.joining(","));
  }

  private static void compare(Path simulator, List<String> kernels) throws IOException {
    List<List<CaseResult>> nodes = new ArrayList<>();
    for (String each : kernels) {
      nodes.add(ResultFile.read(Path.of(each)));
    }
    Comparison comparison =
        Comparison.of(ResultFile.read(simulator), Comparison.together(nodes), Cases::demand);
    var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    VerdictTable.lines(comparison).forEach(out::println);
    if (!comparison.agrees()) {
      System.exit(1);
    }
  }
}
