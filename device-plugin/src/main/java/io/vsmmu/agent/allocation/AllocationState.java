package io.vsmmu.agent.allocation;

/** How far an allocation has come. */
public enum AllocationState {
  /** Kubelet was answered; no container has collected it. */
  PREPARED,
  /** A container has it, and the agent holds no descriptor of it. */
  HANDED_OFF,
  /** Kubelet no longer lists it, but a process still has a device open. */
  ENDING;

  static AllocationState of(LedgerEntry.Progress progress) {
    return progress.handedOff() ? HANDED_OFF : PREPARED;
  }
}
