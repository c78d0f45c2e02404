package io.vsmmu.api.v1alpha1;

/** How far a virtual machine's context has come. */
public enum VirtualMachineState {
  /** The object tree is there and the agent holds it. */
  Prepared,
  /** The VMM holds it, and the agent has no descriptor left. */
  HandedOff
}
