package io.vsmmu.iommufd.smmu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.vsmmu.iommufd.smmu.SmmuCapabilities.StallModel;
import io.vsmmu.iommufd.smmu.SmmuCapabilities.TableEndianness;
import io.vsmmu.iommufd.smmu.SmmuCapabilities.TableFormat;
import io.vsmmu.iommufd.smmu.SmmuCapabilities.TableUpdates;
import java.lang.reflect.Method;
import java.util.Arrays;
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
    assertThat(smmu.tableFormat()).isEqualTo(TableFormat.AARCH64);
    assertThat(smmu.tableEndianness()).isEqualTo(TableEndianness.LITTLE);
    assertThat(smmu.streamTableLevels()).isEqualTo(2);
    assertThat(smmu.eventQueueSize()).isEqualTo(19);
    assertThat(smmu.commandQueueSize()).isEqualTo(19);
    assertThat(smmu.architecture()).isEqualTo(1);
    assertThat(smmu.implementer()).isEqualTo(0x43b);
  }

  @ParameterizedTest(name = "IDR{0} bit {1}")
  @CsvSource({
    "0, 0, stage2",
    "0, 1, stage1",
    "0, 4, coherent",
    "0, 5, broadcastTlbMaintenance",
    "0, 10, ats",
    "0, 12, asid16",
    "0, 13, msi",
    "0, 16, pri",
    "0, 18, vmid16",
    "0, 19, twoLevelContexts",
    "1, 31, enhancedCommandQueues",
    "3, 2, hierarchicalAttributeDisable",
    "3, 4, xnx",
    "3, 7, mpam",
    "3, 8, s2fwb",
    "3, 9, smallTables",
    "3, 10, ril",
  })
  void oneBitIsOneCapability(int register, int bit, String capability) throws Exception {
    int[] idr = new int[6];
    SmmuCapabilities without = SmmuCapabilities.decode(idr, 0, 0);
    idr[register] = 1 << bit;
    SmmuCapabilities with = SmmuCapabilities.decode(idr, 0, 0);

    var flags =
        Arrays.stream(SmmuCapabilities.class.getMethods())
            .filter(method -> method.getReturnType() == boolean.class)
            .filter(method -> method.getParameterCount() == 0)
            .toList();
    assertThat(flags)
        .filteredOn(flag -> invoke(flag, with))
        .extracting(Method::getName)
        .containsExactly(capability);
    assertThat(flags).noneMatch(flag -> invoke(flag, without));
  }

  private static boolean invoke(Method flag, SmmuCapabilities smmu) {
    try {
      return (boolean) flag.invoke(smmu);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest(name = "IDR{0} [{1}:{2}]")
  @CsvSource({
    "1, 5, 0, sidSize",
    "1, 10, 6, ssidSize",
    "1, 15, 11, priQueueSize",
    "1, 20, 16, eventQueueSize",
    "1, 25, 21, commandQueueSize",
    "2, 9, 0, vatosPage",
    "3, 12, 11, bbml",
    "5, 31, 16, mostStalled",
  })
  void aFieldIsItsBitsAndNoOthers(int register, int high, int low, String name) throws Exception {
    int ones = (int) ((1L << (high - low + 1)) - 1);
    int[] idr = new int[6];
    idr[register] = ones << low;
    int[] others = new int[6];
    others[register] = ~(ones << low);

    Method field = SmmuCapabilities.class.getMethod(name);
    assertThat(field.invoke(SmmuCapabilities.decode(idr, 0, 0))).isEqualTo(ones);
    assertThat(field.invoke(SmmuCapabilities.decode(others, 0, 0))).isEqualTo(0);
  }

  @Test
  void whoMadeIt() {
    SmmuCapabilities smmu = SmmuCapabilities.decode(new int[6], 0x4832_143b, 0x12);

    assertThat(smmu.product()).isEqualTo(0x483);
    assertThat(smmu.variant()).isEqualTo(2);
    assertThat(smmu.revision()).isEqualTo(1);
    assertThat(smmu.implementer()).isEqualTo(0x43b);
    assertThat(smmu.architecture()).isEqualTo(2);
  }

  @Test
  void howManyVmsFit() {
    assertThat(SmmuCapabilities.decode(new int[6], 0, 0).vmids()).isEqualTo(256);
    assertThat(SmmuCapabilities.decode(new int[] {1 << 18, 0, 0, 0, 0, 0}, 0, 0).vmids())
        .isEqualTo(65536);
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
