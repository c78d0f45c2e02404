package io.vsmmu.iommufd.conformance;

import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import io.vsmmu.iommufd.simulated.SimulatedMachine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What is still there of iommufd and VFIO after a process has closed all that it had. */
final class Leftovers {
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
  private static final List<String> OURS =
      List.of("/dev/iommu", "/dev/vfio/", "anon_inode:[iommufd");

  private Leftovers() {}

  /** A real kernel shows open files only; the simulated one can be looked into. */
  static List<String> of(Kernel kernel) {
    return kernel instanceof SimulatedKernel simulated
        ? simulated(simulated.machine())
        : openFiles();
  }

  private static List<String> simulated(SimulatedMachine machine) {
    SimulatedMachine.Usage usage = machine.usage();
    return Map.of(
            "open files", (long) usage.files(),
            "contexts", (long) usage.contexts(),
            "objects", (long) usage.objects(),
            "VMIDs", (long) usage.vmids(),
            "bytes pinned", machine.pinnedBytes())
        .entrySet()
        .stream()
        .filter(each -> each.getValue() != 0)
        .map(each -> each.getValue() + " " + each.getKey())
        .toList();
  }

  private static List<String> openFiles() {
    List<String> found = new ArrayList<>();
    try (Stream<Path> links = Files.list(DESCRIPTORS)) {
      for (Path link : links.toList()) {
        String file = nameOf(link);
        if (OURS.stream().anyMatch(file::startsWith)) {
          found.add(file);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  private static String nameOf(Path link) throws IOException {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (NoSuchFileException e) {
      // Closed since the folder was listed, as the one that listed it.
      return "";
    }
  }
}
