package io.vsmmu.agent.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.agent.inventory.Wish;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import java.util.List;
import org.junit.jupiter.api.Test;

class VSmmuViewTest {

  private static final ResourceSpec NIC =
      ResourceSpec.of("vsmmu.io/nic", DeviceSelector.ofVendor("8086"));

  @Test
  void theWishIsWhatTheSpecSays() {
    assertThat(VSmmuView.of(vsmmu(true)).wish()).isEqualTo(new Wish(3, List.of(NIC), true));
  }

  @Test
  void aDeletedVSmmuGivesItsDevicesBackAlsoAfterADryRun() {
    var vsmmu = vsmmu(true);
    vsmmu.getMetadata().setDeletionTimestamp("2026-01-02T03:04:05Z");

    assertThat(VSmmuView.of(vsmmu).deleting()).isTrue();
    assertThat(VSmmuView.of(vsmmu).wish()).isEqualTo(new Wish(3, List.of(), false));
  }

  private static VSmmu vsmmu(boolean dryRun) {
    var vsmmu = VSmmu.of(new VSmmuSpec("node", List.of(NIC), null, dryRun));
    vsmmu.getMetadata().setUid("uid");
    vsmmu.getMetadata().setGeneration(3L);
    return vsmmu;
  }
}
