package io.vsmmu.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TableTest {

  @Test
  void everyRowHasItsRatio() {
    assertThat(
            Table.of(
                List.of(
                    new Row("long", Amount.seconds(3), "short", Amount.seconds(2)),
                    new Row("x", Amount.bytes(64 << 20), "y", Amount.bytes(128 << 20)))))
        .isEqualTo(
            """
            | what | ours     | against | bare    | ratio |
            | ---- | -------- | ------- | ------- | ----- |
            | long | 3.00 s   | short   | 2.00 s  | 1.50  |
            | x    | 64.0 MiB | y       | 128 MiB | 0.50  |\
            """);
  }

  @Test
  void unlikeThingsHaveNoRatio() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Row("a", Amount.seconds(1), "b", Amount.bytes(1)))
        .withMessageContaining("a: 1.00 s and 0.00 KiB cannot be compared");
  }

  @ParameterizedTest
  @CsvSource({
    "SECONDS, 0.0000005, 0.50 us",
    "SECONDS, 0.0123, 12.3 ms",
    "SECONDS, 123.4, 123 s",
    "BYTES, 1536, 1.50 KiB",
    "WRITES, 1, 1.00 write",
    "WRITES, 2.5, 2.50 writes",
  })
  void amountsHaveThreeDigits(Amount.Unit unit, double value, String text) {
    assertThat(new Amount(value, unit)).hasToString(text);
  }
}
