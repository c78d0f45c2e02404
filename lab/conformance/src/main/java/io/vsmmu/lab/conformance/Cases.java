package io.vsmmu.lab.conformance;

/** Which cases run where. */
final class Cases {

  private static final String SUITE = "io.vsmmu.iommufd.conformance";
  private static final String PROOFS = "io.vsmmu.lab.proof";
  private static final String MACHINES = "io.vsmmu.lab.cases";

  private Cases() {}

  /**
   * Where the cases of a class have to pass.
   *
   * @param simpleName of the class
   */
  static Comparison.Demand demand(String simpleName) {
    return switch (simpleName) {
      // The simulator does no DMA.
      case "DataProof", "EventProof" -> Comparison.Demand.ON_THE_KERNEL;
      case "RareMachineCases", "OtherGroundsTest" -> Comparison.Demand.ON_THE_SIMULATOR;
      default -> Comparison.Demand.EVERYWHERE;
    };
  }

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
      case "no-nesting" -> Suite.of(MACHINES + ".NoNestingCases", SUITE + ".OtherGroundsTest");
      case "multi-function" ->
          Suite.of(
              MACHINES + ".SharedGroupCases",
              SUITE + ".GroupTest",
              SUITE + ".TreeTest#aGroupOfTwoIsInATreeAsAWhole(" + SUITE + ".KernelUnderTest)");
      default -> throw new IllegalArgumentException("no cases need the topology " + topology);
    };
  }

  /**
   * The kinds of machine that a node of a topology is, by their names in the suite.
   *
   * @param topology the node's
   */
  static String grounds(String topology) {
    return switch (topology) {
      case "no-nesting" -> "NO_WRITE_BACK";
      // QEMU's SMMU has no S2FWB: where it nests, the firmware's promise did it.
      default -> "NESTING,CANWBS";
    };
  }
}
