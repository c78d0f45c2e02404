package io.vsmmu.lab.soak;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What a process holds.
 *
 * @param fds open descriptors
 * @param threads threads
 * @param files files and folders in the folders that it keeps
 * @param residentKiB its memory, as the kernel counts it (VmRSS)
 */
record Holdings(long fds, long threads, long files, long residentKiB) {
  private static final String RESIDENT = "VmRSS:";

  static Holdings of(ProcessHandle process, List<Path> folders) throws IOException {
    Path proc = Path.of("/proc", Long.toString(process.pid()));
    long files = 0;
    for (Path folder : folders) {
      try (var all = Files.walk(folder)) {
        files += all.count();
      }
    }
    return new Holdings(
        entries(proc.resolve("fd")),
        entries(proc.resolve("task")),
        files,
        resident(Files.readString(proc.resolve("status"))));
  }

  /** Whether nothing that counts in pieces has become more. */
  boolean within(Holdings before) {
    return fds <= before.fds && threads <= before.threads && files == before.files;
  }

  static long resident(String status) {
    return status
        .lines()
        .filter(line -> line.startsWith(RESIDENT))
        .map(line -> line.substring(RESIDENT.length()).replace("kB", "").strip())
        .mapToLong(Long::parseLong)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no " + RESIDENT + " in " + status));
  }

  private static long entries(Path folder) throws IOException {
    try (var entries = Files.list(folder)) {
      return entries.count();
    }
  }

  @Override
  public String toString() {
    return "descriptors %d, threads %d, files %d, resident %d KiB"
        .formatted(fds, threads, files, residentKiB);
  }
}
