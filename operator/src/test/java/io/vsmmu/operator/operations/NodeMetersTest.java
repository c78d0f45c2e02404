package io.vsmmu.operator.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.prometheus.client.CollectorRegistry;
import io.vsmmu.api.v1alpha1.AgentStatus;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.DeviceState;
import io.vsmmu.api.v1alpha1.DeviceStatus;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.operator.readiness.Judgement;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class NodeMetersTest {

  private static final Judgement READY = new Judgement(ConditionType.Ready, true, "Proven", "");
  private static final Judgement NOT_READY =
      new Judgement(ConditionType.Ready, false, "AgentStale", "");

  private final PrometheusMeterRegistry meterRegistry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final CollectorRegistry registry = meterRegistry.getPrometheusRegistry();
  private final NodeMeters meters = new NodeMeters(meterRegistry);

  @Test
  void aNodeIsShownAsItWasLastSeen() {
    meters.show(
        "n1",
        status(Map.of("Registered", "True"), DeviceState.Available, DeviceState.Available),
        List.of(READY));
    meters.show(
        "n1",
        status(Map.of("Registered", "False"), DeviceState.Available, DeviceState.Unhealthy),
        List.of(NOT_READY));

    assertThat(devices("n1", DeviceState.Available)).isEqualTo(1);
    assertThat(devices("n1", DeviceState.Unhealthy)).isEqualTo(1);
    assertThat(devices("n1", DeviceState.Allocated)).isZero();
    assertThat(condition("n1", ConditionType.Ready)).isZero();
    assertThat(condition("n1", ConditionType.Registered)).isZero();
    assertThat(condition("n1", ConditionType.Released)).isNaN();
  }

  @Test
  void whatTheOperatorNoLongerSaysIsNotShown() {
    meters.show("n1", status(Map.of("KubeVirtReady", "True")), List.of(READY));

    assertThat(condition("n1", ConditionType.Ready)).isEqualTo(1);
    assertThat(condition("n1", ConditionType.KubeVirtReady)).isNaN();
  }

  @Test
  void aNodeThatIsForgottenLeavesNothing() {
    meters.show("n1", status(Map.of()), List.of(READY));
    meters.show("n2", status(Map.of()), List.of(READY));

    meters.forget("n1");

    assertThat(Collections.list(registry.metricFamilySamples()))
        .flatExtracting(family -> family.samples)
        .isNotEmpty()
        .allMatch(sample -> sample.labelValues.getFirst().equals("n2"));
  }

  private static VSmmuStatus status(Map<String, String> conditions, DeviceState... states) {
    return VSmmuStatus.ofAgent(
        conditions.entrySet().stream()
            .map(condition ->
                new ConditionBuilder()
                    .withType(condition.getKey())
                    .withStatus(condition.getValue())
                    .build())
            .toList(),
        new AgentStatus(1L, "test"),
        null,
        List.of(),
        Stream.of(states).map(NodeMetersTest::device).toList(),
        List.of(),
        null);
  }

  private static DeviceStatus device(DeviceState state) {
    return new DeviceStatus(
        "0000:01:00.0", "vsmmu.io/nic", null, null, null, null, null, null, state, null, null);
  }

  private Double devices(String node, DeviceState state) {
    return registry.getSampleValue(
        "vsmmu_node_devices", new String[] {"node", "state"}, new String[] {node, state.name()});
  }

  private Double condition(String node, ConditionType type) {
    return registry.getSampleValue(
        "vsmmu_condition", new String[] {"node", "type"}, new String[] {node, type.name()});
  }
}
