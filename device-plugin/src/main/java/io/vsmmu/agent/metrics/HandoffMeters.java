package io.vsmmu.agent.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.vsmmu.agent.allocation.HandoffProtocol;
import io.vsmmu.agent.handoff.HandoffListener;
import java.time.Duration;

/** Times hand-offs by socket and by how they ended. */
record HandoffMeters(MeterRegistry registry) implements HandoffListener {

  @Override
  public void ended(HandoffProtocol protocol, Outcome outcome, Duration took) {
    Buckets.ANSWER
        .timer("vsmmu.handoff", "Visits of clients that came to collect an allocation")
        .tags(Tags.of(AgentMetrics.tag("protocol", protocol), AgentMetrics.tag("outcome", outcome)))
        .register(registry)
        .record(took);
  }
}
