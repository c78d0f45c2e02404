package io.vsmmu.operator.webhook;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;

/** Counts and times the webhook's answers. */
final class Answers {

  /** What became of a question. */
  enum Result {
    /** The virtual machine gets the sidecar. */
    ADDED("added"),
    /** It has it, or opted out. */
    UNCHANGED("unchanged"),
    /** It is refused: what its author wrote means nothing. */
    REFUSED("refused"),
    /** What was asked is no question of the API server. */
    MALFORMED("malformed");

    private final String tag;

    Result(String tag) {
      this.tag = tag;
    }
  }

  private final MeterRegistry registry;

  Answers(MeterRegistry registry) {
    this.registry = registry;
    // All of them from the start, so that a rate has something to begin with.
    for (Result result : Result.values()) {
      timer(result);
    }
  }

  Timer.Sample begin() {
    return Timer.start(registry);
  }

  void end(Timer.Sample sample, Result result) {
    sample.stop(timer(result));
  }

  private Timer timer(Result result) {
    return Timer.builder("vsmmu.webhook.answer")
        .description("Answers of the webhook to the API server, by what became of the machine")
        .tag("result", result.tag)
        .register(registry);
  }
}
