package io.vsmmu.agent.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.agent.flow.Rest;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PaceTest {

  private static final Rest USUAL = new Rest(Duration.ofMillis(500), Duration.ofMinutes(5));

  private final Pace pace = new Pace(USUAL, Duration.ofSeconds(1), Duration.ofSeconds(30));

  @Test
  void failuresSlowItDownToALimit() {
    assertThat(Stream.generate(pace::failed).limit(7).map(rest -> rest.atMost().toSeconds()))
        .containsExactly(1L, 2L, 4L, 8L, 16L, 30L, 30L);
    assertThat(pace.failing()).isTrue();
  }

  @Test
  void newsDoNotShortenTheRestAfterAFailure() {
    assertThat(pace.failed()).isEqualTo(new Rest(Duration.ofSeconds(1), Duration.ofSeconds(1)));
  }

  @Test
  void aSuccessMakesItForgetThem() {
    pace.failed();
    pace.failed();

    assertThat(pace.succeeded()).isEqualTo(USUAL);
    assertThat(pace.failing()).isFalse();
    assertThat(pace.failed().atLeast()).isEqualTo(Duration.ofSeconds(1));
  }

  @Test
  void manyFailuresDoNotOverflow() {
    assertThat(Stream.generate(pace::failed).limit(1000))
        .last()
        .isEqualTo(new Rest(Duration.ofSeconds(30), Duration.ofSeconds(30)));
  }
}
