package io.vsmmu.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class DigestTest {

  @Test
  void showsTheFirstDeviceAndCountsTheStepsOfTheOthers() {
    assertThat(
            Digest.of(
                List.of(
                    "received",
                    "manifest: {}",
                    "0000:09:00.0: bound",
                    "0000:09:00.0: attached",
                    "0000:0a:00.0: bound",
                    "0000:89:00.0: bound",
                    "proven")))
        .containsExactly(
            "received",
            "0000:09:00.0: bound",
            "0000:09:00.0: attached",
            "... and 2 steps for the other devices",
            "proven");
  }
}
