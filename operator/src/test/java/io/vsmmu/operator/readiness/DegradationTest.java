package io.vsmmu.operator.readiness;

import static io.vsmmu.operator.readiness.FactsOf.aReadyNode;
import static io.vsmmu.operator.readiness.FactsOf.device;
import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.DeviceState;
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
