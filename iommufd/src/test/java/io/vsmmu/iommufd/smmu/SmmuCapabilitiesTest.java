package io.vsmmu.iommufd.smmu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.vsmmu.iommufd.smmu.SmmuCapabilities.StallModel;
import io.vsmmu.iommufd.smmu.SmmuCapabilities.TableUpdates;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SmmuCapabilitiesTest {

  /** An SMMUv3.1 with a 44-bit output, no PASIDs and no ATS. */
  @Test
  void aSmallUnit() {
    SmmuCapabilities smmu =
        SmmuCapabilities.decode(
            new int[] {0x0948_108b | 1 << 4, 0x0273_0010, 0, 0x0000_1414, 0, 0x0000_0074},
            0x43b,
            0x1);

    assertThat(smmu.bothStages()).isTrue();
    assertThat(smmu.coherent()).isTrue();
    assertThat(smmu.ats()).isFalse();
    assertThat(smmu.sidSize()).isEqualTo(16);
    assertThat(smmu.ssidSize()).isZero();
    assertThat(smmu.ril()).isTrue();
    assertThat(smmu.bbml()).isEqualTo(2);
    assertThat(smmu.s2fwb()).isFalse();
    assertThat(smmu.oas()).isEqualTo(44);
    assertThat(smmu.granules()).containsExactly("4K", "16K", "64K");
    assertThat(smmu.vax()).isEqualTo(48);
    assertThat(smmu.stall()).isEqualTo(StallModel.NONE);
    assertThat(smmu.httu()).isEqualTo(TableUpdates.ACCESS_AND_DIRTY);
    assertThat(smmu.architecture()).isEqualTo(1);
    assertThat(smmu.iidr()).isEqualTo(0x43b);
  }

  @ParameterizedTest(name = "IDR{0} bit {1}")
  @CsvSource({
    "0, 0, stage2",
    "0, 1, stage1",
    "0, 4, coherent",
    "0, 10, ats",
    "0, 12, asid16",
    "0, 16, pri",
    "0, 18, vmid16",
    "0, 19, twoLevelContexts",
    "3, 8, s2fwb",
    "3, 10, ril",
  })
  void oneBitIsOneCapability(int register, int bit, String capability) throws Exception {
    int[] idr = new int[6];
    SmmuCapabilities without = SmmuCapabilities.decode(idr, 0, 0);
    idr[register] = 1 << bit;
    SmmuCapabilities with = SmmuCapabilities.decode(idr, 0, 0);

    var accessor = SmmuCapabilities.class.getMethod(capability);
    assertThat(accessor.invoke(without)).isEqualTo(false);
    assertThat(accessor.invoke(with)).isEqualTo(true);
    for (var component : SmmuCapabilities.class.getRecordComponents()) {
      if (!component.getName().equals(capability)) {
        assertThat(component.getAccessor().invoke(with))
            .as(component.getName())
            .isEqualTo(component.getAccessor().invoke(without));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 32", "1, 36", "2, 40", "3, 42", "4, 44", "5, 48", "6, 52", "7, 56"})
  void outputAddressBits(int field, int bits) {
    assertThat(SmmuCapabilities.decode(new int[] {0, 0, 0, 0, 0, field}, 0, 0).oas())
        .isEqualTo(bits);
  }

  @Test
  void widestIds() {
    SmmuCapabilities smmu =
        SmmuCapabilities.decode(new int[] {0, 20 << 6 | 32, 0, 0, 0, 1 << 10}, 0, 0);

    assertThat(smmu.sidSize()).isEqualTo(32);
    assertThat(smmu.ssidSize()).isEqualTo(20);
    assertThat(smmu.vax()).isEqualTo(52);
  }

  @Test
  void newerHardwareIsNotRefused() {
    SmmuCapabilities smmu = SmmuCapabilities.decode(new int[] {-1, -1, -1, -1, -1, -1}, -1, -1);

    assertThat(smmu.httu()).isEqualTo(TableUpdates.ACCESS_AND_DIRTY_AND_TABLES);
    assertThat(smmu.stall()).isEqualTo(StallModel.RESERVED);
    assertThat(smmu.vax()).isZero();
  }

  @Test
  void tooFewRegisters() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SmmuCapabilities.decode(new int[5], 0, 0));
  }
}
