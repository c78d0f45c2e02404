package io.vsmmu.iommufd.smmu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a guest's SMMU can be on a physical one, as QEMU decides it. */
class GuestCheckTest {

  /** Two-level stream table, AArch64 little endian, 16-bit stream ids, 44 bits, no ATS, RIL. */
  private static final int[] PHYSICAL = {0x0948_109b, 0x0273_0010, 0, 0x0000_1414, 0, 0x0000_0074};

  private static final SmmuCapabilities SMMU = SmmuCapabilities.decode(PHYSICAL, 0, 1);

  @Test
  void qemusDefaultFits() {
    assertThat(SMMU.compatibleWith(VirtualSmmu.plain().capabilities())).isEmpty();
  }

  @Test
  void aGuestMayHaveLess() {
    SmmuCapabilities more = with(with(with(SMMU, 0, 10, 1), 1, 6, 20), 5, 0, 1);

    assertThat(more.compatibleWith(VirtualSmmu.plain().capabilities())).isEmpty();
    assertThat(more.compatibleWith(new VirtualSmmu(48, 20, false, true).capabilities())).isEmpty();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "IDR0.ST_LEVEL, 0, 27, 1, 1 levels, 2 levels",
    "IDR0.TTENDIAN, 0, 21, 1, BIG, LITTLE",
    "IDR0.TTF, 0, 2, 3, AARCH32, AARCH64",
    "IDR1.SIDSIZE, 1, 0, 31, 15 bits, 16 bits",
    "IDR3.RIL, 3, 10, 1, false, true",
    "IDR5.OAS, 5, 0, 7, 42 bits, 44 bits",
    "IDR5.GRAN4K, 5, 4, 1, false, true",
    "IDR5.GRAN16K, 5, 5, 1, false, true",
    "IDR5.GRAN64K, 5, 6, 1, false, true",
  })
  void whatTheSmmuLacks(
      String field, int register, int shift, int flipped, String has, String wants) {
    SmmuCapabilities lacking = with(SMMU, register, shift, flipped);

    assertThat(lacking.compatibleWith(VirtualSmmu.plain().capabilities()))
        .singleElement()
        .satisfies(mismatch -> {
          assertThat(mismatch.field()).isEqualTo(field);
          assertThat(mismatch.physical()).isEqualTo(has);
          assertThat(mismatch.guest()).isEqualTo(wants);
          assertThat(mismatch.toString()).contains(field, has, wants, mismatch.rule());
        });
  }

  @Test
  void whatAGuestWantsTooMuch() {
    assertThat(SMMU.compatibleWith(new VirtualSmmu(48, 16, true, true).capabilities()))
        .extracting(Mismatch::field)
        .containsExactly("IDR1.SSIDSIZE", "IDR5.OAS", "IDR0.ATS");
  }

  /** QEMU wants the same granules on both sides, also where the guest could do without one. */
  @Test
  void aGranuleThatTheGuestLacks() {
    SmmuCapabilities guest = with(VirtualSmmu.plain().capabilities(), 5, 5, 1);

    assertThat(SMMU.compatibleWith(guest))
        .extracting(Mismatch::field)
        .containsExactly("IDR5.GRAN16K");
  }

  @Test
  void whatQemuDoesNotTake() {
    assertThatIllegalArgumentException().isThrownBy(() -> new VirtualSmmu(40, 0, true, false));
    assertThatIllegalArgumentException().isThrownBy(() -> new VirtualSmmu(44, 21, true, false));
    assertThatIllegalArgumentException().isThrownBy(() -> new VirtualSmmu(44, -1, true, false));
  }

  /** The same SMMU with some bits of a register turned. */
  private static SmmuCapabilities with(SmmuCapabilities smmu, int register, int shift, int bits) {
    int[] idr = smmu.idr().stream().mapToInt(Integer::intValue).toArray();
    idr[register] ^= bits << shift;
    return new SmmuCapabilities(
        List.of(idr[0], idr[1], idr[2], idr[3], idr[4], idr[5]), smmu.iidr(), smmu.aidr());
  }
}
