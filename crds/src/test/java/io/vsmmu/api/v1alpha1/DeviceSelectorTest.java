package io.vsmmu.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeviceSelectorTest {

  private static final int VGA = 0x030000;
  private static final int CONTROLLER_3D = 0x030200;
  private static final int OTHER_DISPLAY = 0x038000;
  private static final int ETHERNET = 0x020000;

  @ParameterizedTest
  @CsvSource({
    "03,          true,  true,  true,  false",
    "0302,        false, true,  false, false",
    "030200,      false, true,  false, false",
    "030201,      false, false, false, false",
    "0300/fffd,   true,  true,  false, false",
    "0300/FF00,   true,  true,  true,  false",
    "030000/ff0000, true, true, true,  false",
    "02/fe,       true,  true,  true,  true",
  })
  void aClassMeansThoseThatAgreeInTheBitsThatCount(
      String pciClass, boolean vga, boolean controller3d, boolean other, boolean ethernet) {
    DeviceSelector selector = new DeviceSelector(null, null, pciClass, null, null, null);

    assertThat(selector.acceptsClass(VGA)).isEqualTo(vga);
    assertThat(selector.acceptsClass(CONTROLLER_3D)).isEqualTo(controller3d);
    assertThat(selector.acceptsClass(OTHER_DISPLAY)).isEqualTo(other);
    assertThat(selector.acceptsClass(ETHERNET)).isEqualTo(ethernet);
  }

  @ParameterizedTest
  @CsvSource({"0", "0x020000", "0xffffff"})
  void withoutAClassEveryClassIsMeant(String code) {
    assertThat(DeviceSelector.ofVendor("15b3").acceptsClass(Integer.decode(code))).isTrue();
  }
}
