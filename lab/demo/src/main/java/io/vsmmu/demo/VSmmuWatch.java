package io.vsmmu.demo;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientTimeoutException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Waits for what a VSmmu's status is to say. */
final class VSmmuWatch {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final Resource<VSmmu> vsmmu;

  VSmmuWatch(KubernetesClient client, String name) {
    vsmmu = client.resources(VSmmu.class).withName(name);
  }

  /**
   * @param what the state waited for, for the error
   * @throws IllegalStateException when the time is over; with what the status says instead
   */
  VSmmuStatus await(String what, Predicate<VSmmuStatus> state) {
    try {
      return statusOf(
          vsmmu.waitUntilCondition(
              now -> now != null && state.test(statusOf(now)),
              LIMIT.toMillis(),
              TimeUnit.MILLISECONDS));
    } catch (KubernetesClientTimeoutException e) {
      throw new IllegalStateException(
          "after %d s not yet: %s. The VSmmu says:%n%s"
              .formatted(LIMIT.toSeconds(), what, conditions(statusOf(vsmmu.get()))),
          e);
    }
  }

  private static VSmmuStatus statusOf(VSmmu vsmmu) {
    var status = vsmmu.getStatus();
    return status == null ? VSmmuStatus.EMPTY : status;
  }

  private static String conditions(VSmmuStatus status) {
    return status.conditions().stream().map(VSmmuWatch::line).collect(Collectors.joining("\n"));
  }

  private static String line(Condition condition) {
    return "  %s=%s %s: %s"
        .formatted(
            condition.getType(),
            condition.getStatus(),
            condition.getReason(),
            condition.getMessage());
  }
}
