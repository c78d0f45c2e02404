package io.vsmmu.lab.conformance;

import java.util.List;

/** Which cases run where. */
final class Cases {

  /** Classes about what the simulator does not have: DMA. */
  static final List<String> KERNEL_ONLY = List.of("DataProof", "EventProof");

  private static final String SUITE = "io.vsmmu.iommufd.conformance";
  private static final String PROOFS = "io.vsmmu.lab.proof";
  private static final String MACHINES = "io.vsmmu.lab.cases";

  private Cases() {}

  static Suite simulator() {
    return Suite.of(SUITE, MACHINES);
  }

  /**
   * The cases that a node can run.
   *
   * @param topology the node's
   * @throws IllegalArgumentException when no cases need that topology
   */
  static Suite kernel(String topology) {
    return switch (topology) {
      case "two-smmus" ->
          Suite.of(SUITE, MACHINES + ".FaultSweepCases", MACHINES + ".RareMachineCases", PROOFS);
      case "no-nesting" -> Suite.of(MACHINES + ".NoNestingCases");
      case "multi-function" -> Suite.of(MACHINES + ".SharedGroupCases");
      default -> throw new IllegalArgumentException("no cases need the topology " + topology);
    };
  }
}
