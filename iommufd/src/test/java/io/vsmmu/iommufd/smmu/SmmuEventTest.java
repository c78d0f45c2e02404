package io.vsmmu.iommufd.smmu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.vsmmu.iommufd.smmu.SmmuEvent.Type;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SmmuEventTest {

  @Test
  void aWriteThatStage1DoesNotTranslate() {
    SmmuEvent event = SmmuEvent.decode(new long[] {0x8_0000_0010L, 0, 0xdead_b000L, 0});

    assertThat(event.type()).hasValue(Type.F_TRANSLATION);
    assertThat(event.streamId()).isEqualTo(8);
    assertThat(event.substreamId()).isEmpty();
    assertThat(event.address()).hasValue(0xdead_b000L);
    assertThat(event.isRead()).isFalse();
    assertThat(event.isStage2()).isFalse();
    assertThat(event.isStalled()).isFalse();
    assertThat(event).hasToString("F_TRANSLATION of stream 0x8 at 0xdeadb000 (write, stage 1)");
  }

  @Test
  void aStalledReadWithPasidThatStage2DoesNotTranslate() {
    SmmuEvent event =
        SmmuEvent.decode(
            new long[] {0xffff_ffff_1234_5813L, 1L << 31 | 1L << 35 | 1L << 39, 0x1000, 0x2000});

    assertThat(event.type()).hasValue(Type.F_PERMISSION);
    assertThat(event.streamId()).isEqualTo(0xffff_ffffL);
    assertThat(event.substreamId()).hasValue(0x12345);
    assertThat(event.isRead()).isTrue();
    assertThat(event.isStage2()).isTrue();
    assertThat(event.isStalled()).isTrue();
    assertThat(event.toString()).endsWith("at 0x1000 (read, stage 2)");
  }

  @Test
  void anEventWithoutAddress() {
    SmmuEvent event = SmmuEvent.decode(new long[] {0x8_0000_0004L, -1, -1, -1});

    assertThat(event.name()).isEqualTo("C_BAD_STE");
    assertThat(event.address()).isEmpty();
    assertThat(event.isStage2()).isFalse();
    assertThat(event).hasToString("C_BAD_STE of stream 0x8");
  }

  @Test
  void anEventOfNewerHardware() {
    SmmuEvent event = SmmuEvent.decode(new long[] {0x8_0000_00e0L, 0, 1, 0});

    assertThat(event.type()).isEmpty();
    assertThat(event.name()).isEqualTo("0xe0");
    assertThat(event.address()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void everyTypeIsKnownByItsNumber(Type type) {
    assertThat(SmmuEvent.decode(new long[] {type.number(), 0, 0, 0}).type()).hasValue(type);
  }

  @Test
  void aRecordHasFourWords() {
    assertThatIllegalArgumentException().isThrownBy(() -> SmmuEvent.decode(new long[3]));
  }
}
