package io.vsmmu.agent.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.vsmmu.agent.allocation.AllocationAnswer;
import io.vsmmu.agent.allocation.AllocationException;
import io.vsmmu.agent.allocation.Allocator;
import java.util.Set;

/** Times the answers to Allocate, by resource and whether there were devices. */
record MeteredAllocator(Allocator allocator, MeterRegistry registry) implements Allocator {

  @Override
  public AllocationAnswer allocate(String resource, Set<String> deviceIds)
      throws AllocationException {
    var sample = Timer.start(registry);
    var outcome = "failed";
    try {
      var answer = allocator.allocate(resource, deviceIds);
      outcome = "prepared";
      return answer;
    } catch (AllocationException e) {
      outcome = "refused";
      throw e;
    } finally {
      sample.stop(
          Buckets.ANSWER
              .timer("vsmmu.allocate", "Answers to kubelet's Allocate")
              .tag("resource", resource)
              .tag("outcome", outcome)
              .register(registry));
    }
  }
}
