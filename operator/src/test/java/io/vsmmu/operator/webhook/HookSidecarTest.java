package io.vsmmu.operator.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HookSidecarTest {

  private static final HookSidecar OURS =
      new HookSidecar("registry.example:5000/vsmmu/kubevirt-hook:2", "IfNotPresent");
  private static final String ENTRY =
      "{\"image\":\"registry.example:5000/vsmmu/kubevirt-hook:2\",\"imagePullPolicy\":\"IfNotPresent\"}";

  @Test
  void aVirtualMachineWithoutSidecarsGetsOurs() {
    assertThat(OURS.addedTo("")).contains("[" + ENTRY + "]");
    assertThat(OURS.addedTo("[]")).contains("[" + ENTRY + "]");
  }

  @Test
  void thoseOfOthersStayAsTheyAreAndComeFirst() {
    String theirs =
        "{\"image\":\"smbios:1\",\"args\":[\"--version\",\"v1alpha2\"],\"new\":{\"n\":1.50}}";

    assertThat(OURS.addedTo("[" + theirs + "]")).contains("[" + theirs + "," + ENTRY + "]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "registry.example:5000/vsmmu/kubevirt-hook:1",
        "registry.example:5000/vsmmu/kubevirt-hook",
        "registry.example:5000/vsmmu/kubevirt-hook@sha256:0123",
        "registry.example:5000/vsmmu/kubevirt-hook:1@sha256:0123"
      })
  void whoNamesOurImageHimselfKeepsHisVersion(String image) {
    assertThat(OURS.addedTo("[{\"image\":\"%s\"}]".formatted(image))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "registry.example:5000/vsmmu/kubevirt-hook:1",
        "mirror.example/kubevirt-hook@sha256:0123",
        "kubevirt-hook"
      })
  void aVirtualMachineHasOursFromWhateverRegistry(String image) {
    String theirs = "{\"image\":\"smbios:1\"}";
    String ours = "{\"image\":\"%s\"}".formatted(image);

    assertThat(OURS.isIn("[" + theirs + "," + ours + "]")).isTrue();
    assertThat(OURS.isIn("[" + theirs + "]")).isFalse();
    assertThat(OURS.isIn("")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"{", "{}", "[\"image\"]", "[] []", "sidecar"})
  void whatIsNoListIsRefusedByName(String list) {
    assertThatThrownBy(() -> OURS.addedTo(list))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("hooks.kubevirt.io/hookSidecars must be a JSON list of objects");
  }
}
