package io.vsmmu.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** What the numbers were measured on. */
final class Machine {
  private static final Pattern MODEL = Pattern.compile("(?m)^model name\\s*:\\s*(.+)$");
  private static final Pattern MEMORY = Pattern.compile("(?m)^MemTotal:\\s*([0-9]+) kB$");
  private static final long KIB_PER_GIB = 1 << 20;

  private Machine() {}

  static String describe() {
    return "%d processors (%s), %d GiB, Linux %s, Java %s"
        .formatted(
            Runtime.getRuntime().availableProcessors(),
            // Arm's kernels do not say it.
            first(MODEL, "/proc/cpuinfo", System.getProperty("os.arch")),
            Math.round(Double.parseDouble(first(MEMORY, "/proc/meminfo", "0")) / KIB_PER_GIB),
            System.getProperty("os.version"),
            Runtime.version());
  }

  private static String first(Pattern pattern, String file, String otherwise) {
    try {
      var matcher = pattern.matcher(Files.readString(Path.of(file)));
      return matcher.find() ? matcher.group(1) : otherwise;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }
}
