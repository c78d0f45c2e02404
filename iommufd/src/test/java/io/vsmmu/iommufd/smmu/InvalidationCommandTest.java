package io.vsmmu.iommufd.smmu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.vsmmu.iommufd.smmu.InvalidationCommand.AtcInv;
import io.vsmmu.iommufd.smmu.InvalidationCommand.CfgiCd;
import io.vsmmu.iommufd.smmu.InvalidationCommand.CfgiCdAll;
import io.vsmmu.iommufd.smmu.InvalidationCommand.TlbiNhAll;
import io.vsmmu.iommufd.smmu.InvalidationCommand.TlbiNhAsid;
import io.vsmmu.iommufd.smmu.InvalidationCommand.TlbiNhVa;
import io.vsmmu.iommufd.smmu.InvalidationCommand.TlbiNhVaa;
import io.vsmmu.iommufd.smmu.InvalidationCommand.TlbiNsnhAll;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class InvalidationCommandTest {

  static Stream<Arguments> encodings() {
    return Stream.of(
        arguments(new TlbiNsnhAll(), 0x30L, 0L),
        arguments(new TlbiNhAll(), 0x10L, 0L),
        arguments(new TlbiNhAsid(0xabcd), 0xabcd_0000_0000_0011L, 0L),
        arguments(
            new TlbiNhVa(7, TlbRange.of(0xffff_0000_1234_5000L, true)),
            0x0007_0000_0000_0012L,
            0xffff_0000_1234_5001L),
        arguments(
            new TlbiNhVa(7, new TlbRange(0x20_0000, false, 1, 2, 31, 3)),
            0x0007_0000_0020_0000L | 31 << 12 | 0x12,
            0x20_0000L | 1 << 10 | 3 << 8),
        arguments(new TlbiNhVaa(TlbRange.of(0x1000, false)), 0x13L, 0x1000L),
        arguments(new CfgiCd(0x8, 0xfffff, true), 0x0000_0008_ffff_f005L, 1L),
        arguments(new CfgiCd(0xffff_ffffL, 0, false), 0xffff_ffff_0000_0005L, 0L),
        arguments(new CfgiCdAll(0x10), 0x0000_0010_0000_0006L, 0L),
        arguments(
            new AtcInv(0x10, OptionalInt.empty(), 0x4000, 2), 0x0000_0010_0000_0040L, 0x4002L),
        arguments(new AtcInv(0x10, OptionalInt.of(5), 0, AtcInv.ALL), 0x0000_0010_0000_5840L, 52L));
  }

  @ParameterizedTest
  @MethodSource("encodings")
  void wordsAsInTheArchitecture(InvalidationCommand command, long word0, long word1) {
    assertThat(command.word0()).isEqualTo(word0);
    assertThat(command.word1()).isEqualTo(word1);
  }

  static Stream<ThrowingCallable> outOfRange() {
    return Stream.of(
        () -> new TlbiNhAsid(0x10000),
        () -> new TlbiNhAsid(-1),
        () -> new TlbiNhVa(0x10000, TlbRange.of(0, true)),
        () -> TlbRange.of(0x800, true),
        () -> new TlbRange(0, true, 4, 0, 0, 0),
        () -> new TlbRange(0, true, 1, 32, 0, 0),
        () -> new TlbRange(0, true, 1, 0, 32, 0),
        () -> new TlbRange(0, true, 1, 0, 0, 4),
        () -> new TlbRange(0, true, 0, 0, 1, 0),
        () -> new CfgiCd(1L << 32, 0, true),
        () -> new CfgiCd(0, 1 << 20, true),
        () -> new CfgiCdAll(-1),
        () -> new AtcInv(1, OptionalInt.of(-1), 0, 0),
        () -> new AtcInv(1, OptionalInt.empty(), 0x1000, 1),
        () -> new AtcInv(1, OptionalInt.empty(), 0, 53));
  }

  @ParameterizedTest
  @MethodSource("outOfRange")
  void fieldsOutOfRange(ThrowingCallable make) {
    assertThatIllegalArgumentException().isThrownBy(make);
  }
}
