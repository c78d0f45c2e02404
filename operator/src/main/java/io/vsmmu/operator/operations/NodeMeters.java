package io.vsmmu.operator.operations;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.DeviceState;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.operator.readiness.Judgement;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToDoubleFunction;

/**
 * Each node's devices by state, and its conditions, as they were when its VSmmu was last
 * reconciled. An operator that does not lead has none, so that nothing is counted twice.
 */
@Singleton
public class NodeMeters {

  private final MeterRegistry registry;
  private final Map<String, Meters> nodes = new ConcurrentHashMap<>();

  /** Meters in this registry. */
  public NodeMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  /**
   * Shows a node as it is.
   *
   * @param status what the agent reported
   * @param judgements what the operator made of it
   */
  public void show(String node, VSmmuStatus status, List<Judgement> judgements) {
    NodeNumbers numbers = NodeNumbers.of(status, judgements);
    nodes.computeIfAbsent(node, name -> register(name, numbers)).numbers().set(numbers);
  }

  /** Shows a node no longer. */
  public void forget(String node) {
    Meters meters = nodes.remove(node);
    if (meters != null) {
      meters.registered().forEach(registry::remove);
    }
  }

  private Meters register(String node, NodeNumbers first) {
    AtomicReference<NodeNumbers> numbers = new AtomicReference<>(first);
    List<Meter> registered = new ArrayList<>();
    for (DeviceState state : DeviceState.values()) {
      registered.add(
          gauge(
              "vsmmu.node.devices",
              "PCI functions that a selector matches, by what can be done with them",
              node,
              "state",
              state.name(),
              numbers,
              now -> now.get().devices(state)));
    }
    for (ConditionType type : ConditionType.values()) {
      registered.add(
          gauge(
              "vsmmu.condition",
              "1 if the condition is True, 0 if it is False, NaN if nobody says",
              node,
              "type",
              type.name(),
              numbers,
              now -> now.get().condition(type)));
    }
    registered.add(
        Gauge.builder("vsmmu.virtual.machines", numbers, now -> now.get().virtualMachines())
            .description("Contexts that were prepared for virtual machines and not yet released")
            .tag("node", node)
            .register(registry));
    return new Meters(numbers, registered);
  }

  private Meter gauge(
      String name,
      String description,
      String node,
      String key,
      String value,
      AtomicReference<NodeNumbers> numbers,
      ToDoubleFunction<AtomicReference<NodeNumbers>> reading) {
    return Gauge.builder(name, numbers, reading)
        .description(description)
        .tag("node", node)
        .tag(key, value)
        .register(registry);
  }

  /**
   * The meters of one node.
   *
   * @param numbers what they show
   */
  private record Meters(AtomicReference<NodeNumbers> numbers, List<Meter> registered) {}
}
