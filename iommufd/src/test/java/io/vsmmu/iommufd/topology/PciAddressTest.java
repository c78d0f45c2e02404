package io.vsmmu.iommufd.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PciAddressTest {

  @ParameterizedTest
  @ValueSource(strings = {"0000:09:00.0", "0001:ff:1f.7", "10000:00:02.0"})
  void isWrittenAsItIsRead(String text) {
    assertThat(PciAddress.parse(text)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "09:00.0", "0000:09:00.8", "0000:09:20.0", "0000:9:00.0", "0000:09:00.0 "})
  void anythingElseIsRefusedWithTheFormThatIsMeant(String text) {
    assertThat(PciAddress.tryParse(text)).isEmpty();
    assertThatThrownBy(() -> PciAddress.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "'")
        .hasMessageContaining("0000:09:00.0");
  }

  @Test
  void isOrderedByNumberNotByText() {
    assertThat(
            Stream.of("10000:00:00.0", "0000:09:00.1", "0001:00:00.0", "0000:09:00.0")
                .map(PciAddress::parse)
                .sorted())
        .extracting(PciAddress::toString)
        .containsExactly("0000:09:00.0", "0000:09:00.1", "0001:00:00.0", "10000:00:00.0");
  }
}
