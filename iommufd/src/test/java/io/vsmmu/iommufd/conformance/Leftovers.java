package io.vsmmu.iommufd.conformance;

import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/** Files of iommufd and VFIO that this process has open. */
final class OpenFiles {
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
  private static final List<String> OURS =
      List.of("/dev/iommu", "/dev/vfio/", "anon_inode:[iommufd");

  private OpenFiles() {}

  static List<String> of(Kernel kernel) {
    return kernel instanceof SimulatedKernel simulated
        ? Collections.nCopies(simulated.machine().usage().files(), "a simulated file")
        : real();
  }

  private static List<String> real() {
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
