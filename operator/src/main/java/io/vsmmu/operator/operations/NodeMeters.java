package io.vsmmu.operator.operations;

import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.prometheus.client.Collector;
import io.prometheus.client.GaugeMetricFamily;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.DeviceState;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.operator.readiness.Judgement;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * Each node's devices by state, and its conditions, as they were when its VSmmu was last
 * reconciled. An operator that does not lead has none, so that nothing is counted twice.
 *
 * <p>They are made when somebody asks: a meter for each of a dozen numbers of thousands of nodes
 * would be a third of the operator's memory.
 */
@Singleton
public class NodeMeters {

  private final Map<String, NodeNumbers> nodes = new ConcurrentSkipListMap<>();

  /** Shows nothing in this registry yet. */
  @Inject
  public NodeMeters(PrometheusMeterRegistry registry) {
    registry
        .getPrometheusRegistry()
        .register(
            new Collector() {
              @Override
              public List<MetricFamilySamples> collect() {
                return List.of(devices(), conditions(), virtualMachines());
              }
            });
  }

  /**
   * Shows a node as it is.
   *
   * @param status what the agent reported
   * @param judgements what the operator made of it
   */
  public void show(String node, VSmmuStatus status, List<Judgement> judgements) {
    nodes.put(node, NodeNumbers.of(status, judgements));
  }

  /** Shows a node no longer. */
  public void forget(String node) {
    nodes.remove(node);
  }

  private GaugeMetricFamily devices() {
    var family =
        new GaugeMetricFamily(
            "vsmmu_node_devices",
            "PCI functions that a selector matches, by what can be done with them",
            List.of("node", "state"));
    nodes.forEach((node, numbers) -> {
      for (DeviceState state : DeviceState.values()) {
        family.addMetric(List.of(node, state.name()), numbers.devices(state));
      }
    });
    return family;
  }

  private GaugeMetricFamily conditions() {
    var family =
        new GaugeMetricFamily(
            "vsmmu_condition",
            "1 if the condition is True, 0 if it is False, NaN if nobody says",
            List.of("node", "type"));
    nodes.forEach((node, numbers) -> {
      for (ConditionType type : ConditionType.values()) {
        family.addMetric(List.of(node, type.name()), numbers.condition(type));
      }
    });
    return family;
  }

  private GaugeMetricFamily virtualMachines() {
    var family =
        new GaugeMetricFamily(
            "vsmmu_virtual_machines",
            "Contexts that were prepared for virtual machines and not yet released",
            List.of("node"));
    nodes.forEach((node, numbers) -> family.addMetric(List.of(node), numbers.virtualMachines()));
    return family;
  }
}
