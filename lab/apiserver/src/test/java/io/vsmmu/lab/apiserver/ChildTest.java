package io.vsmmu.lab.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir private Path folder;

  @Test
  void isGoneWhenCloseReturnsThoughCtrlCReachedItsShellBefore() throws Exception {
    ProcessHandle program;
    try (Child child =
        Child.start("sleeper", folder, List.of("sh", "-c", "echo pid=$$; exec sleep 600"))) {
      child.awaitLine("pid=", LIMIT);
      long pid = Long.parseLong(child.logTail().strip().substring("pid=".length()));
      program = ProcessHandle.of(pid).orElseThrow();
      ProcessHandle shell = program.parent().orElseThrow();

      Process kill = new ProcessBuilder("kill", "-INT", Long.toString(shell.pid())).start();
      assertThat(kill.waitFor()).isZero();

      assertThat(program.parent()).as("the shell waits for it").hasValue(shell);
    }
    assertThat(program.isAlive()).isFalse();
  }
}
