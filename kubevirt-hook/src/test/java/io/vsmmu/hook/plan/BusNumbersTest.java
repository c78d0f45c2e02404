package io.vsmmu.hook.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class BusNumbersTest {

  @Test
  void theHighestNumbersThatFitAreTaken() {
    var numbers = new BusNumbers(4, Map.of());
    assertThat(numbers.take(1)).hasValue(254);
    assertThat(numbers.take(3)).hasValue(250);
    assertThat(numbers.take(1)).hasValue(248);
  }

  @Test
  void aRootOwnsTheNumbersOfItsBridges() {
    var numbers = new BusNumbers(0, Map.of(250, 2, 100, 0));
    assertThat(numbers.take(2)).as("253 to 255").hasValue(253);
    assertThat(numbers.take(0)).as("below 250").hasValue(249);
    assertThat(numbers.take(200)).as("nowhere").isEqualTo(OptionalInt.empty());
    assertThat(numbers.take(147)).as("101 to 248").hasValue(101);
    assertThat(numbers.take(98)).as("1 to 99").hasValue(1);
    assertThat(numbers.take(0)).isEqualTo(OptionalInt.empty());
  }

  @Test
  void theDomainsOwnRootKeepsWhatItNeeds() {
    var numbers = new BusNumbers(253, Map.of());
    assertThat(numbers.take(2)).isEqualTo(OptionalInt.empty());
    assertThat(numbers.take(1)).hasValue(254);
  }

  @Test
  void aRootGrowsUntilTheNextOne() {
    var numbers = new BusNumbers(0, Map.of(100, 1, 104, 0));
    assertThat(numbers.extend(100, 2)).isTrue();
    assertThat(numbers.extend(100, 1)).isFalse();
    assertThat(numbers.extend(104, 151)).isTrue();
    assertThat(numbers.extend(104, 1)).isFalse();
  }
}
