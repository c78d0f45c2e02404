package io.vsmmu.agent.handoff;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vsmmu.agent.allocation.HandoffManifest;
import io.vsmmu.agent.allocation.HandoffManifest.Capabilities;
import io.vsmmu.agent.allocation.HandoffManifest.HandedDevice;
import io.vsmmu.agent.allocation.HandoffManifest.NestingParent;
import io.vsmmu.agent.allocation.HandoffManifest.Viommu;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestCodecTest {
  private static final String SMMU = "smmu3.0x000000000c000000";
  private static final HandoffManifest MANIFEST =
      new HandoffManifest(
          HandoffManifest.VERSION,
          "a1",
          List.of("iommufd", "vfio:0000:09:00.0"),
          1,
          "bypass",
          List.of(new NestingParent(3, SMMU)),
          List.of(
              new Viommu(
                  4,
                  "arm-smmuv3",
                  SMMU,
                  3,
                  5,
                  6,
                  new Capabilities(44, 0, 16, true, false, List.of("4K", "64K")))),
          List.of(
              new HandedDevice("0000:09:00.0", SMMU, 4, null, "/dev/vfio/devices/vfio0", false)));

  /** The protocol is a promise to programs that are not ours. */
  @Test
  void hasTheFieldsOfTheProtocol() {
    assertThat(new String(ManifestCodec.json(MANIFEST), UTF_8))
        .isEqualTo(
            """
            {"version":1,"allocation":"a1","fds":["iommufd","vfio:0000:09:00.0"],
            "ioas":1,"initialProxy":"bypass",
            "nestingParents":[{"id":3,"smmu":"smmu3.0x000000000c000000"}],
            "viommus":[{"id":4,"type":"arm-smmuv3","smmu":"smmu3.0x000000000c000000",
            "nestingParent":3,"bypass":5,"abort":6,"capabilities":{"oas":44,"ssidsize":0,
            "sidsize":16,"ril":true,"ats":false,"granules":["4K","64K"]}}],
            "devices":[{"pciAddress":"0000:09:00.0","smmu":"smmu3.0x000000000c000000","viommu":4,
            "vsid":null,"cdev":"/dev/vfio/devices/vfio0","bound":false}]}
            """
                .replace("\n", ""));
  }

  @Test
  void comesBackAsItWas() throws IOException {
    assertThat(ManifestCodec.manifest(ManifestCodec.json(MANIFEST))).isEqualTo(MANIFEST);
  }

  @Test
  void hasItsLengthInFront() throws IOException {
    ByteBuffer frame = ByteBuffer.wrap(ManifestCodec.frame(MANIFEST));
    byte[] prefix = new byte[ManifestCodec.LENGTH_BYTES];
    frame.get(prefix);
    assertThat(ManifestCodec.length(prefix)).isEqualTo(frame.remaining());
  }

  @Test
  void knowsNothingOfFieldsToCome() throws IOException {
    String more =
        new String(ManifestCodec.json(MANIFEST), UTF_8).replace("\"ioas\"", "\"new\":[1],\"ioas\"");
    assertThat(ManifestCodec.manifest(more.getBytes(UTF_8))).isEqualTo(MANIFEST);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "{\"version\":2}", "{\"version\":1,\"ioas\":null}"})
  void refusesWhatIsNoManifest(String json) {
    assertThatThrownBy(() -> ManifestCodec.manifest(json.getBytes(UTF_8)))
        .isInstanceOf(IOException.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, ManifestCodec.LONGEST_MANIFEST + 1})
  void refusesImpossibleLengths(int length) {
    byte[] prefix = ByteBuffer.allocate(4).putInt(length).array();
    assertThatThrownBy(() -> ManifestCodec.length(prefix)).isInstanceOf(IOException.class);
  }

  @Test
  void tellsAnAcknowledgement() {
    assertThat(ManifestCodec.isAck(ManifestCodec.ack())).isTrue();
    assertThat(ManifestCodec.isAck("{\"ack\":false}\n".getBytes(UTF_8))).isFalse();
    assertThat(ManifestCodec.isAck("{\"ack\":tr".getBytes(UTF_8))).isFalse();
    assertThat(ManifestCodec.isAck(new byte[0])).isFalse();
  }
}
