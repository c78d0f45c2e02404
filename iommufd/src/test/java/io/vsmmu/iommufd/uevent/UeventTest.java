package io.vsmmu.iommufd.uevent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UeventTest {

  private static final String PATH = "/devices/pci0000:00/0000:00:03.0";

  @Test
  void aMessageOfTheKernel() {
    assertThat(parse("bind@" + PATH, "ACTION=bind", "DEVPATH=" + PATH, "SUBSYSTEM=pci", "SEQNUM=1"))
        .contains(new Uevent("bind", PATH, "pci"));
  }

  @Test
  void aMessageOfUdevIsNone() {
    assertThat(parse("libudev", "ACTION=bind", "DEVPATH=" + PATH, "SUBSYSTEM=pci")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "bind@", "bind@" + PATH})
  void aMessageWithoutItsKeysIsNone(String text) {
    assertThat(parse(text)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"pci", "vfio-dev", "iommu", "drivers"})
  void topologyShowsThese(String subsystem) {
    assertThat(new Uevent("add", PATH, subsystem).ofTopology()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "net", "block", "usb", "module"})
  void topologyShowsNothingElse(String subsystem) {
    assertThat(new Uevent("add", PATH, subsystem).ofTopology()).isFalse();
  }

  private static Optional<Uevent> parse(String... strings) {
    return Uevent.parse((String.join("\0", strings) + "\0").getBytes(StandardCharsets.US_ASCII));
  }
}
