package io.vsmmu.lab.vm.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class PinningLimitTest {

  @Test
  void isTheHardLimit() throws IOException {
    assertThat(
            PinningLimit.parse(
                """
                Limit                     Soft Limit           Hard Limit           Units
                Max processes             unlimited            unlimited            processes
                Max locked memory         8388608              16777216             bytes
                """))
        .isEqualTo(16777216);
  }

  @Test
  void canBeNone() throws IOException {
    assertThat(
            PinningLimit.parse("Max locked memory         unlimited            unlimited  bytes"))
        .isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void isReadOfARunningProcess() throws IOException {
    assertThat(new PinningLimit(ProcessHandle.current().pid()).bytes()).isPositive();
  }

  @Test
  void isNotGuessed() {
    assertThatThrownBy(() -> PinningLimit.parse("Max processes 1 1 processes"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Max locked memory");
  }
}
