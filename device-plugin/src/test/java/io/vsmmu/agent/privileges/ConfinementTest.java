package io.vsmmu.agent.privileges;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A program of its own confines itself; the kernel tells what became of it. */
class ConfinementTest {
  private static final Set<Capability> KEPT = EnumSet.of(Capability.CHOWN, Capability.SYS_RESOURCE);

  @Test
  void everyThreadHasWhatWasKeptAndNoMoreForGood() throws Exception {
    var before = ThreadRights.of(Path.of("/proc/self/status"));
    long left = before.permitted() & Capability.mask(KEPT);

    var threads = lines("x").stream().filter(line -> line.startsWith("thread ")).toList();

    assertThat(threads).hasSizeGreaterThan(5);
    assertThat(threads).containsOnly("thread " + new ThreadRights(left, left, true));
  }

  @Test
  void theProgramStartsAnewWithItsArguments() throws Exception {
    assertThat(lines("one two", "", "three", "")).contains("arguments one two||three|");
  }

  @Test
  void rightsAreReadFromAStatus() throws IOException {
    var status =
        "Name:\tjava\nCapPrm:\t000001ffffffffff\nCapEff:\t0000000001000001\nNoNewPrivs:\t0\n";

    var rights = ThreadRights.parse(status);

    assertThat(rights).isEqualTo(new ThreadRights(0x1ffffffffffL, 0x1000001, false));
    assertThat(rights.within(Capability.mask(KEPT))).isFalse();
    assertThat(new ThreadRights(0x1000001, 0x1000001, true).within(Capability.mask(KEPT))).isTrue();
    assertThat(new ThreadRights(0x1000001, 0x1000001, false).within(Capability.mask(KEPT)))
        .isFalse();
    assertThat(new ThreadRights(0, 0, true).within(Capability.mask(KEPT))).isTrue();
  }

  private static List<String> lines(String... arguments) throws Exception {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                ConfinedProgram.class.getName()));
    command.addAll(List.of(arguments));
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (var reader = process.inputReader()) {
      var lines = reader.lines().toList();
      assertThat(process.waitFor()).as(String.join("\n", lines)).isZero();
      return lines;
    }
  }
}
