package io.vsmmu.lab.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.vsmmu.lab.conformance.Comparison.Demand;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When simulator and kernel agree, and what is said when they do not. */
class ComparisonTest {
  @Test
  void theSameVerdictsAgree() {
    assertThat(compare(passed("A.a"), passed("A.a")).agrees()).isTrue();
  }

  @Test
  void aCaseThatFailsAtOnePlaceIsNamedWithItsReason() {
    Comparison differs = compare(passed("A.a"), failed("A.a", "EBUSY, not EINVAL"));

    assertThat(differs.agrees()).isFalse();
    assertThat(VerdictTable.lines(differs)).contains("A.a: kernel: FAILED: EBUSY, not EINVAL");
  }

  @Test
  void aCaseThatFailsAtBothPlacesDoesNotAgree() {
    assertThat(compare(failed("A.a", ""), failed("A.a", "")).agrees()).isFalse();
  }

  @Test
  void aSkippedCaseDoesNotAgree() {
    CaseResult skipped = new CaseResult("A.a", Verdict.SKIPPED, "switched off");

    assertThat(compare(passed("A.a"), skipped).agrees()).isFalse();
    assertThat(compare(skipped, passed("A.a")).agrees()).isFalse();
  }

  @Test
  void aCaseThatRanAtOnePlaceOnlyDoesNotAgree() {
    assertThat(VerdictTable.lines(comparison(List.of(passed("A.a")), List.of())))
        .contains("A.a: was not run on the kernel");
    assertThat(VerdictTable.lines(comparison(List.of(), List.of(passed("A.a")))))
        .contains("A.a: was not run on the simulator");
  }

  @Test
  void aCaseAboutWhatTheSimulatorDoesNotHaveNeedsTheKernelOnly() {
    assertThat(comparison(List.of(), List.of(passed("DataProof.a"))).agrees()).isTrue();
    assertThat(comparison(List.of(), List.of(failed("DataProof.a", ""))).agrees()).isFalse();
  }

  @Test
  void whatOneNodeCannotBeAnotherMayShow() {
    List<CaseResult> together =
        Comparison.together(
            List.of(
                List.of(notProduced("A.a", "no group of two"), notProduced("A.b", "no RMR")),
                List.of(passed("A.a"), notProduced("A.b", "no RMR")),
                List.of(failed("A.c", "EBUSY"), passed("A.d"))));

    assertThat(together)
        .containsExactly(
            notProduced("A.b", "no RMR"), passed("A.a"), failed("A.c", "EBUSY"), passed("A.d"));
  }

  @Test
  void whatTheMachineCannotBeIsShownAndNotCounted() {
    Comparison comparison =
        compare(passed("RareCases.a"), notProduced("RareCases.a", "it has no RMR"));

    assertThat(comparison.agrees()).isTrue();
    assertThat(VerdictTable.lines(comparison))
        .anySatisfy(line -> assertThat(line).contains("passed", "not producible: it has no RMR"))
        .last()
        .asString()
        .startsWith("0 cases as they must be on the kernel, 0 wrong, 1 that this machine cannot");
  }

  @Test
  void otherCasesNeedWhatTheyNeed() {
    assertThat(VerdictTable.lines(compare(passed("A.a"), notProduced("A.a", "too few devices"))))
        .contains("A.a: kernel did not have what it needs: too few devices");
    assertThat(compare(notProduced("A.a", "too few devices"), passed("A.a")).agrees()).isFalse();
  }

  @Test
  void theSimulatorCanBeAnyMachine() {
    assertThat(compare(notProduced("RareCases.a", ""), notProduced("RareCases.a", "")).agrees())
        .isFalse();
  }

  @Test
  void nothingAtAllDoesNotAgree() {
    assertThat(comparison(List.of(), List.of()).agrees()).isFalse();
  }

  @Test
  void namesAreUnique() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> comparison(List.of(passed("A.a"), passed("A.a")), List.of()))
        .withMessageContaining("A.a");
  }

  private static Demand demand(String simpleName) {
    return switch (simpleName) {
      case "DataProof" -> Demand.ON_THE_KERNEL;
      case "RareCases" -> Demand.ON_THE_SIMULATOR;
      default -> Demand.EVERYWHERE;
    };
  }

  private static Comparison compare(CaseResult simulator, CaseResult kernel) {
    return comparison(List.of(simulator), List.of(kernel));
  }

  private static Comparison comparison(List<CaseResult> simulator, List<CaseResult> kernel) {
    return Comparison.of(simulator, kernel, ComparisonTest::demand);
  }

  private static CaseResult passed(String name) {
    return new CaseResult(name, Verdict.PASSED, "");
  }

  private static CaseResult notProduced(String name, String reason) {
    return new CaseResult(name, Verdict.NOT_PRODUCED, reason);
  }

  private static CaseResult failed(String name, String reason) {
    return new CaseResult(name, Verdict.FAILED, reason);
  }
}
