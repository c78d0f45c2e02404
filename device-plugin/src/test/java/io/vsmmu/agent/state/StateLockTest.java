package io.vsmmu.agent.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateLockTest {

  @TempDir Path folder;

  @Test
  void oneAtATimeHasIt() throws IOException {
    assertThat(StateLock.isTaken(folder.resolve("state"))).isFalse();
    try (var _ = StateLock.take(folder.resolve("state"))) {
      assertThatThrownBy(() -> StateLock.take(folder.resolve("state")))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("another agent is at work");
      assertThat(StateLock.isTaken(folder.resolve("state"))).isTrue();
    }
    assertThat(StateLock.isTaken(folder.resolve("state"))).isFalse();
    StateLock.take(folder.resolve("state")).close();
  }
}
