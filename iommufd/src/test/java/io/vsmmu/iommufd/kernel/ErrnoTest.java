package io.vsmmu.iommufd.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ErrnoTest {

  @ParameterizedTest
  @CsvSource({
    "5, EIO",
    "133, EHWPOISON",
    "517, EPROBE_DEFER",
    "0, UNKNOWN",
    "41, UNKNOWN",
    "520, UNKNOWN",
    "-1, UNKNOWN",
    "4095, UNKNOWN",
  })
  void everyNumberIsAnError(int number, Errno errno) {
    assertThat(Errno.of(number)).isEqualTo(errno);
  }
}
