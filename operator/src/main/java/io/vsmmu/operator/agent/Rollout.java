package io.vsmmu.operator.agent;

/**
 * How far the agent's DaemonSet is.
 *
 * @param exists whether the API server has it
 * @param desired nodes that should run the agent
 * @param ready nodes where it is ready
 */
public record Rollout(boolean exists, int desired, int ready) {

  /** In words, for a message that explains why an agent is missing. */
  public String describe() {
    return exists
        ? "DaemonSet vsmmu-system/vsmmu-agent is ready on %d of %d nodes".formatted(ready, desired)
        : "DaemonSet vsmmu-system/vsmmu-agent does not exist yet";
  }
}
