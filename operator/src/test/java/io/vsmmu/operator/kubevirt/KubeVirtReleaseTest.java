package io.vsmmu.operator.kubevirt;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KubeVirtReleaseTest {

  @ParameterizedTest
  @ValueSource(strings = {"v1.8.4", "1.8.4", "v0.59.0", "v1.8.4-dirty"})
  void theseDoNotTakeAContextFromASocket(String version) {
    assertThat(KubeVirtRelease.parse(version))
        .hasValueSatisfying(
            release -> assertThat(release.isBefore(KubeVirtRelease.WITH_IOMMUFD_SOCKET)).isTrue());
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1.9.0", "v1.9.0-rc.1", "v1.10.0", "v2.0.0", "1.9.0-75-gd923fdb815"})
  void theseDo(String version) {
    assertThat(KubeVirtRelease.parse(version))
        .hasValueSatisfying(
            release -> assertThat(release.isBefore(KubeVirtRelease.WITH_IOMMUFD_SOCKET)).isFalse());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "latest", "devel", "20260822_d923fdb815", "1", "v1.x.0"})
  void buildsWithoutNumberAreNotJudged(String version) {
    assertThat(KubeVirtRelease.parse(version)).isEmpty();
  }
}
