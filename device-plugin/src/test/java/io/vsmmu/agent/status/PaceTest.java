package io.vsmmu.agent.status;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PaceTest {

  private final Pace pace =
      new Pace(Duration.ofMinutes(5), Duration.ofSeconds(1), Duration.ofSeconds(30));

  @Test
  void failuresSlowItDownToALimit() {
    assertThat(Stream.generate(pace::failed).limit(7).map(Duration::toSeconds))
        .containsExactly(1L, 2L, 4L, 8L, 16L, 30L, 30L);
    assertThat(pace.failing()).isTrue();
  }

  @Test
  void aSuccessMakesItForgetThem() {
    pace.failed();
    pace.failed();

    assertThat(pace.succeeded()).isEqualTo(Duration.ofMinutes(5));
    assertThat(pace.failing()).isFalse();
    assertThat(pace.failed()).isEqualTo(Duration.ofSeconds(1));
  }

  @Test
  void manyFailuresDoNotOverflow() {
    assertThat(Stream.generate(pace::failed).limit(1000)).last().isEqualTo(Duration.ofSeconds(30));
  }
}
