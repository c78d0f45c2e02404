package io.vsmmu.agent.allocation;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever pods do, the agent holds as much after many as after few. {@code -Dvsmmu.soak.cycles}
 * says how many; {@code make test FULL=1} makes it 10,000.
 */
class SoakTest {

  private static final int CYCLES = Integer.getInteger("vsmmu.soak.cycles", 300);

  /** What the last garbage collection happens to leave differs by this much. */
  private static final long HEAP_NOISE_KIB = 1536;

  @Test
  void holdsAsMuchAfterManyPodsAsAfterFew(@TempDir Path folder) throws Exception {
    var lines = run(folder);

    assertThat(lines).as(String.join("\n", lines)).anyMatch(line -> line.startsWith("before "));
    var before = Holdings.of(lines.getFirst());
    var after = Holdings.of(lines.getLast());
    assertThat(lines.getLast()).startsWith("after %d ".formatted(CYCLES));
    assertThat(after.files()).isEqualTo(before.files());
    // Pools let go of what they do not need, but keep nothing that they did not need before.
    assertThat(after.fds()).isLessThanOrEqualTo(before.fds());
    assertThat(after.threads()).isLessThanOrEqualTo(before.threads());
    assertThat(after.heapKiB()).isLessThan(before.heapKiB() + HEAP_NOISE_KIB);
  }

  /** What the program says that it holds. */
  private record Holdings(long fds, long threads, long files, long heapKiB) {

    static Holdings of(String line) {
      Map<String, String> words =
          Arrays.stream(line.split(" "))
              .filter(word -> word.contains("="))
              .map(word -> word.split("=", 2))
              .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
      return new Holdings(
          number(words, "fds"),
          number(words, "threads"),
          number(words, "files"),
          number(words, "heapKiB"));
    }

    private static long number(Map<String, String> words, String name) {
      return Long.parseLong(Objects.requireNonNull(words.get(name), name));
    }
  }

  /** With the heap of the image. */
  private static List<String> run(Path folder) throws Exception {
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:+ExitOnOutOfMemoryError",
                "-Xmx64m",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                "-cp",
                System.getProperty("java.class.path"),
                Soak.class.getName(),
                folder.toString(),
                Integer.toString(CYCLES))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    var lines = new ArrayList<String>();
    try (var output = process.inputReader()) {
      output
          .lines()
          .forEach(line -> {
            lines.add(line);
            System.err.println("soak: " + line);
          });
    }
    assertThat(process.waitFor()).as(String.join("\n", lines)).isZero();
    return lines;
  }
}
