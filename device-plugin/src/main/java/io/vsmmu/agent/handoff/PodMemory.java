package io.vsmmu.agent.handoff;

import io.vsmmu.iommufd.fdpass.PeerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a pod's memory limit from its cgroup: {@code memory.max} (cgroup v2) or {@code
 * memory.limit_in_bytes} of the memory hierarchy (v1).
 */
record PodMemory(Path proc, Path cgroups) implements MemlockPolicy {
  private static final Logger LOG = LoggerFactory.getLogger(PodMemory.class);

  private static final long BESIDES_THE_GUEST = 1L << 30;

  /** Version 1 says "no limit" by a number of this size. */
  private static final long UNREASONABLE = 1L << 60;

  @Override
  public MemlockLimit limitOf(PeerProcess client) {
    try {
      var limit = podLimit(Files.readString(proc.resolve(client.pid() + "/cgroup")));
      return limit.isPresent()
          ? MemlockLimit.of(Math.addExact(limit.get(), BESIDES_THE_GUEST))
          : MemlockLimit.UNLIMITED;
    } catch (IOException | NumberFormatException e) {
      LOG.warn(
          "the memory limit of {}'s pod cannot be told, none is set: {}", client, e.toString());
      return MemlockLimit.UNLIMITED;
    }
  }

  private Optional<Long> podLimit(String processCgroups) throws IOException {
    var memory =
        processCgroups
            .lines()
            .filter(line -> line.startsWith("0::") || line.split(":", 3)[1].equals("memory"))
            .flatMap(this::limitFile)
            .findFirst();
    if (memory.isEmpty()) {
      return Optional.empty();
    }
    var text = Files.readString(memory.get()).strip();
    if (text.equals("max")) {
      return Optional.empty();
    }
    return Optional.of(Long.parseLong(text)).filter(bytes -> bytes < UNREASONABLE);
  }

  private Stream<Path> limitFile(String line) {
    var parts = line.split(":", 3);
    var pod = PodCgroup.podFolder(parts[2]);
    if (pod.isEmpty()) {
      return Stream.empty();
    }
    var below = pod.get().substring(1);
    return Stream.of(
            cgroups.resolve(below).resolve("memory.max"),
            cgroups.resolve("memory").resolve(below).resolve("memory.limit_in_bytes"))
        .filter(Files::exists);
  }
}
