package io.vsmmu.operator.readiness;

import static io.vsmmu.operator.readiness.FactsOf.aReadyNode;
import static io.vsmmu.operator.readiness.FactsOf.device;
import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.DeviceState;
import io.vsmmu.api.v1alpha1.SmmuStatus;
import org.junit.jupiter.api.Test;

class DegradationTest {

  @Test
  void nothingIsSaidBeforeTheAgentReported() {
    assertThat(Degradation.of(aReadyNode().withoutReport().facts())).isEmpty();
  }

  @Test
  void aNodeWhoseDevicesAreAllUsableIsNotDegraded() {
    assertThat(Degradation.of(aReadyNode().facts()).orElseThrow().holds()).isFalse();
  }

  @Test
  void devicesWhoseGuestsCannotNestAreNamedWithTheArchitecture() {
    Facts facts =
        aReadyNode()
            .withArchitecture("amd64")
            .withSmmus(new SmmuStatus("smmu3.0x0", false, "NoNesting", "neither", null, 2))
            .facts();

    assertThat(Degradation.of(facts).orElseThrow())
        .satisfies(judgement -> {
          assertThat(judgement.holds()).isTrue();
          assertThat(judgement.reason()).isEqualTo("NestingUnsupported");
          assertThat(judgement.message())
              .startsWith(
                  "offered with a second stage only: 0000:01:00.0 is behind smmu3.0x0, which cannot"
                      + " nest; 0000:02:00.0")
              .contains("node n1 is amd64");
        });
  }

  @Test
  void anSmmuThatWasNotProbedYetIsNoDegradation() {
    Facts facts =
        aReadyNode()
            .withSmmus(new SmmuStatus("smmu3.0x0", null, "NotProbed", "in use", null, 2))
            .facts();

    assertThat(Degradation.of(facts).orElseThrow().holds()).isFalse();
  }

  @Test
  void anUnusableDeviceOfWhichTheAgentSaysNothingIsNamedAllTheSame() {
    Facts facts =
        aReadyNode().withDevices(device("0000:01:00.0", 1, DeviceState.Unhealthy)).facts();

    assertThat(Degradation.of(facts).orElseThrow().message())
        .isEqualTo("0000:01:00.0 is Unhealthy: the agent does not say why");
    assertThat(Readiness.of(facts).message()).contains("the agent does not say why");
  }

  @Test
  void unusableDevicesAreNamedAndTheirNumberBounded() {
    Facts facts =
        aReadyNode()
            .withDevices(
                device("0000:01:00.0", 1, DeviceState.Available),
                device("0000:02:00.0", 2, DeviceState.Unhealthy, "Vanished", "reads 0xff"),
                device("0000:03:00.0", 3, DeviceState.Ineligible, "Busy", null),
                device("0000:04:00.0", 4, DeviceState.Ineligible, "Busy", null),
                device("0000:05:00.0", 5, DeviceState.Ineligible, "Busy", null))
            .facts();

    assertThat(Degradation.of(facts).orElseThrow())
        .isEqualTo(
            new Judgement(
                ConditionType.Degraded,
                true,
                "DevicesUnusable",
                "0000:02:00.0 is Unhealthy: reads 0xff; 0000:03:00.0 is Ineligible: Busy;"
                    + " 0000:04:00.0 is Ineligible: Busy; and 1 more"));
  }
}
