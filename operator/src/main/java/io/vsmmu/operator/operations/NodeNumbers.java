package io.vsmmu.operator.operations;

import io.fabric8.kubernetes.api.model.Condition;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.DeviceState;
import io.vsmmu.api.v1alpha1.DeviceStatus;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.operator.readiness.Judgement;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What the meters of a node show.
 *
 * @param devices number by state; states without devices are left out
 * @param conditions 1 or 0 by type; those that nobody speaks of are left out
 * @param virtualMachines number of contexts
 */
record NodeNumbers(
    Map<DeviceState, Long> devices, Map<ConditionType, Double> conditions, int virtualMachines) {

  static NodeNumbers of(VSmmuStatus status, List<Judgement> judgements) {
    Map<ConditionType, Double> conditions = new EnumMap<>(ConditionType.class);
    // What the operator said before, it may say no longer.
    for (ConditionType type : EnumSet.complementOf(EnumSet.copyOf(ConditionType.OPERATORS))) {
      type.in(status.conditions()).ifPresent(condition -> conditions.put(type, value(condition)));
    }
    judgements.forEach(
        judgement -> conditions.put(judgement.type(), judgement.holds() ? 1.0 : 0.0));
    return new NodeNumbers(
        status.devices().stream()
            .collect(Collectors.groupingBy(DeviceStatus::state, Collectors.counting())),
        conditions,
        status.virtualMachines().size());
  }

  double devices(DeviceState state) {
    return devices.getOrDefault(state, 0L);
  }

  double condition(ConditionType type) {
    return conditions.getOrDefault(type, Double.NaN);
  }

  private static double value(Condition condition) {
    return switch (condition.getStatus()) {
      case "True" -> 1;
      case "False" -> 0;
      default -> Double.NaN;
    };
  }
}
