package io.vsmmu.agent.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import org.junit.jupiter.api.Test;

class ReadinessTest {
  private static final String NIC = "vsmmu.io/nic";
  private static final String GPU = "vsmmu.io/gpu";

  @Test
  void isReadyWhenKubeletHoldsAStreamOfEveryResource() {
    var readiness =
        Readiness.of(asked(NIC, GPU), Map.of(NIC, Optional.empty(), GPU, Optional.empty()));

    assertThat(readiness.ready()).isTrue();
    assertThat(readiness.reasons())
        .containsExactly(
            "[+] vsmmu.io/nic: kubelet holds its stream",
            "[+] vsmmu.io/gpu: kubelet holds its stream");
  }

  @Test
  void oneResourceWithoutAStreamIsEnoughNotToBe() {
    var readiness =
        Readiness.of(
            asked(NIC, GPU), Map.of(NIC, Optional.empty(), GPU, Optional.of("no such socket")));

    assertThat(readiness.ready()).isFalse();
    assertThat(readiness.reasons()).contains("[-] vsmmu.io/gpu: no such socket");
  }

  @Test
  void isNotReadyForAResourceThatNobodyHasHeardOf() {
    assertThat(Readiness.of(asked(NIC), Map.of()).ready()).isFalse();
  }

  @Test
  void isNotReadyBeforeTheVSmmuIsKnown() {
    var readiness = Readiness.of(Optional.empty(), Map.of());

    assertThat(readiness.ready()).isFalse();
    assertThat(readiness.reasons()).containsExactly("[-] wish: the node's VSmmu is not known yet");
  }

  @Test
  void isReadyWhenThereIsNothingToAdvertise() {
    assertThat(Readiness.of(asked(), Map.of()).ready()).isTrue();
  }

  @Test
  void aResourceThatIsNoLongerAskedForDoesNotMatter() {
    assertThat(
            Readiness.of(
                    asked(NIC), Map.of(NIC, Optional.empty(), GPU, Optional.of("being withdrawn")))
                .ready())
        .isTrue();
  }

  private static Optional<SequencedSet<String>> asked(String... resources) {
    return Optional.of(new LinkedHashSet<>(List.of(resources)));
  }
}
