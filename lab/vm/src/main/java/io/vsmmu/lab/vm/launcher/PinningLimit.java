package io.vsmmu.lab.vm.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * How much memory libvirt's daemon may let a VM pin. It cannot raise that itself, having no
 * capability; KubeVirt's virt-handler does.
 *
 * @param process whose limit it is
 */
record PinningLimit(long process) {
  private static final String LIMIT = "Max locked memory";
  private static final String UNLIMITED = "unlimited";

  private static final int LOOK_MILLIS = 200;

  /** The limit in bytes; setrlimit(2)'s hard RLIMIT_MEMLOCK. */
  long bytes() throws IOException {
    return parse(Files.readString(Path.of("/proc", String.valueOf(process), "limits")));
  }

  /** From {@code /proc/PID/limits}: name, soft limit, hard limit, unit, in columns. */
  static long parse(String limits) throws IOException {
    var values =
        limits
            .lines()
            .filter(line -> line.startsWith(LIMIT))
            .map(line -> line.substring(LIMIT.length()).trim().split(" +"))
            .findFirst()
            .filter(columns -> columns.length >= 2)
            .orElseThrow(() -> new IOException("no '" + LIMIT + "' in:\n" + limits));
    return values[1].equals(UNLIMITED) ? Long.MAX_VALUE : Long.parseLong(values[1]);
  }

  /**
   * Waits until it is so high.
   *
   * @throws IOException when it is not in time
   */
  void await(long wanted, Duration patience) throws IOException, InterruptedException {
    var end = System.nanoTime() + patience.toNanos();
    while (bytes() < wanted) {
      if (System.nanoTime() - end >= 0) {
        throw new IOException(
            "process %d may pin %d bytes, and nobody raised that to %d"
                .formatted(process, bytes(), wanted));
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
  }
}
