package io.vsmmu.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SamplesTest {

  @Test
  void percentilesAreAmongTheMeasured() {
    Samples samples = Samples.of(IntStream.rangeClosed(1, 200).mapToObj(i -> 201.0 - i).toList());

    assertThat(samples.median()).isEqualTo(100);
    assertThat(samples.percentile(99)).isEqualTo(198);
    assertThat(samples.percentile(100)).isEqualTo(200);
    assertThat(samples.percentile(0.1)).isEqualTo(1);
  }

  @Test
  void oneIsEveryPercentile() {
    Samples one = Samples.of(List.of(7.0));

    assertThat(one.median()).isEqualTo(7);
    assertThat(one.percentile(99)).isEqualTo(7);
  }

  @Test
  void whatIsNone() {
    assertThatIllegalArgumentException().isThrownBy(() -> Samples.of(List.of()));
    assertThatIllegalArgumentException().isThrownBy(() -> Samples.of(List.of(1.0)).percentile(0));
    assertThatIllegalArgumentException().isThrownBy(() -> Samples.of(List.of(1.0)).percentile(101));
  }
}
