package io.vsmmu.operator.kubevirt;

import static io.vsmmu.operator.kubevirt.KubeVirts.GPU_PERMIT;
import static io.vsmmu.operator.kubevirt.KubeVirts.NIC;
import static io.vsmmu.operator.kubevirt.KubeVirts.NIC_PERMIT;
import static io.vsmmu.operator.kubevirt.KubeVirts.entry;
import static io.vsmmu.operator.kubevirt.KubeVirts.listing;
import static io.vsmmu.operator.kubevirt.KubeVirts.recording;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PermitPlanTest {

  private static final PciHostDevice FOREIGN = entry("15b3:1021", "nvidia.com/cx7", null);
  private static final PciHostDevice OUR_NIC = PciHostDevice.of(NIC_PERMIT);

  @Test
  void whatIsWantedIsAddedBehindWhatOthersHave() {
    assertThat(PermitPlan.of(listing(FOREIGN), Set.of(NIC_PERMIT, GPU_PERMIT)))
        .contains(
            new PermitPlan(
                List.of(FOREIGN, PciHostDevice.of(GPU_PERMIT), OUR_NIC),
                Set.of(NIC_PERMIT, GPU_PERMIT)));
  }

  @Test
  void nothingIsWrittenWhenTheListIsAsItShouldBe() {
    assertThat(PermitPlan.of(recording(listing(FOREIGN, OUR_NIC), NIC_PERMIT), Set.of(NIC_PERMIT)))
        .isEmpty();
    assertThat(PermitPlan.of(listing(FOREIGN), Set.of())).isEmpty();
  }

  @Test
  void whatIsNoLongerWantedGoesIfWeAddedIt() {
    assertThat(PermitPlan.of(recording(listing(OUR_NIC, FOREIGN), NIC_PERMIT), Set.of()))
        .contains(new PermitPlan(List.of(FOREIGN), Set.of()));
  }

  @Test
  void anEntryOfOthersThatSaysTheSameIsLeftToThem() {
    PciHostDevice theirs = entry("8086:10d3", NIC, true);

    assertThat(PermitPlan.of(listing(theirs), Set.of(NIC_PERMIT))).isEmpty();
    assertThat(PermitPlan.of(listing(theirs), Set.of())).isEmpty();
  }

  @Test
  void anEntryThatWeAddedAndSomebodyChangedIsMadeRight() {
    PciHostDevice changed = entry("8086:10D3", NIC, false);

    assertThat(PermitPlan.of(recording(listing(changed, FOREIGN), NIC_PERMIT), Set.of(NIC_PERMIT)))
        .contains(new PermitPlan(List.of(OUR_NIC, FOREIGN), Set.of(NIC_PERMIT)));
  }

  @Test
  void anEntryOfOthersWithoutExternalProviderIsNotTouched() {
    assertThat(PermitPlan.of(listing(entry("8086:10D3", NIC, false)), Set.of(NIC_PERMIT)))
        .isEmpty();
  }

  @Test
  void ourEntryThatSomebodyTookOutComesBack() {
    assertThat(PermitPlan.of(recording(listing(FOREIGN), NIC_PERMIT), Set.of(NIC_PERMIT)))
        .contains(new PermitPlan(List.of(FOREIGN, OUR_NIC), Set.of(NIC_PERMIT)));
  }
}
