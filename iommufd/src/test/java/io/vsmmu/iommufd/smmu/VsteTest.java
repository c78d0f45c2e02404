package io.vsmmu.iommufd.smmu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VsteTest {

  @Test
  void theProxies() {
    assertThat(Vste.bypass()).isEqualTo(new Vste(0x9, 0));
    assertThat(Vste.abort()).isEqualTo(new Vste(0x1, 0));
    assertThat(Vste.bypass().translates()).isFalse();
    assertThat(Vste.abort().translates()).isFalse();
  }

  @Test
  void translate() {
    Vste vste = Vste.translate(0x0000_0012_3456_7840L, 2, 20, 0x1800_00a5);

    assertThat(vste.word0()).isEqualTo(0xb | 2L << 4 | 0x12_3456_7840L | 20L << 59);
    assertThat(vste.word1()).isEqualTo(0x1800_00a5);
    assertThat(vste.translates()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "0x0010000000000009, 0, word 0 has bits outside",
    "0x9, 0x100, word 1 has bits outside",
    "0x9, 0x40000000, word 1 has bits outside",
    "0x3, 0, Config 1",
    "0xd, 0, Config 6",
    "0xb, 0x20000000, EATS 2",
    "0xb, 0x30000000, EATS 3",
  })
  void whatTheKernelRefuses(String word0, String word1, String reason) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Vste(Long.decode(word0), Long.decode(word1)))
        .withMessageContaining(reason);
  }

  @Test
  void anInvalidEntryMayHaveAnyBits() {
    assertThat(new Vste(-2, -1).translates()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"0x20, 0, 0", "0x10000000000000, 0, 0", "0x40, 3, 0", "0x40, -1, 0", "0x40, 0, 32"})
  void fieldsOutOfRange(String contextPointer, int format, int idBits) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Vste.translate(Long.decode(contextPointer), format, idBits, 0));
  }
}
