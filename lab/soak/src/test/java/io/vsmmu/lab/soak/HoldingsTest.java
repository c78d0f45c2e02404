package io.vsmmu.lab.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HoldingsTest {

  @Test
  void countsWhatAProcessHasOpen(@TempDir Path folder) throws IOException {
    var file = Files.createFile(folder.resolve("file"));
    var before = Holdings.of(ProcessHandle.current(), List.of(folder));
    try (var _ = Files.newInputStream(file)) {
      Files.createFile(folder.resolve("another"));
      var after = Holdings.of(ProcessHandle.current(), List.of(folder));

      assertThat(after.fds()).isGreaterThan(before.fds());
      assertThat(after.files()).isEqualTo(before.files() + 1);
      assertThat(after.within(before)).isFalse();
    }
    assertThat(before.threads()).isPositive();
  }

  @Test
  void fewerThreadsAreNoLeak() {
    var before = new Holdings(40, 20, 9, 70_000);

    assertThat(new Holdings(40, 19, 9, 80_000).within(before)).isTrue();
    assertThat(new Holdings(40, 21, 9, 70_000).within(before)).isFalse();
    assertThat(new Holdings(41, 20, 9, 70_000).within(before)).isFalse();
    assertThat(new Holdings(40, 20, 8, 70_000).within(before)).isFalse();
  }

  @Test
  void readsMemoryAsTheKernelTellsIt() {
    assertThat(Holdings.resident("VmPeak:\t   9999 kB\nVmRSS:\t   71234 kB\n")).isEqualTo(71_234);
    assertThatThrownBy(() -> Holdings.resident("Name:\tkthreadd\n"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("VmRSS");
  }
}
