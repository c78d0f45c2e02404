package io.vsmmu.lab.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.tuple;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Running tests and writing down how they ended. */
class SuiteTest {
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();

  @Test
  void everyEndIsNotedUnderANameThatIsTheSameInEveryJvm() {
    assertThat(run("io.vsmmu.lab.conformance.sample"))
        .extracting(CaseResult::name, CaseResult::verdict)
        .containsExactlyInAnyOrder(
            tuple("Sample.passes", Verdict.PASSED),
            tuple("Sample.fails", Verdict.FAILED),
            tuple("Sample.aborts", Verdict.NOT_PRODUCED),
            tuple("Sample.passesFor [1] argument = \"one\"", Verdict.PASSED),
            tuple("Sample.passesFor [2] argument = \"two\"", Verdict.PASSED),
            tuple("Sample.passesForEach[1]", Verdict.PASSED),
            tuple("Sample.passesForEach[2]", Verdict.PASSED),
            tuple("Sample.neverRuns", Verdict.FAILED));
  }

  @Test
  void failuresAreToldWithTheirTraces() {
    var _ = run("io.vsmmu.lab.conformance.sample");

    assertThat(log.toString(StandardCharsets.UTF_8))
        .contains("FAILED Sample.fails", "what must be", "Sample.java")
        .contains("FAILED Sample.neverRuns", "no arguments today");
  }

  @Test
  void noTestsAreAnError() {
    assertThatIllegalStateException().isThrownBy(() -> run("io.vsmmu.nowhere"));
  }

  @Test
  void resultsAreReadAsTheyWereWritten(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("results");
    ResultFile.write(
        file,
        List.of(
            new CaseResult("A.a", Verdict.PASSED, ""),
            new CaseResult("A.b", Verdict.FAILED, "two\nlines\tand a tab")));

    assertThat(ResultFile.read(file))
        .containsExactly(
            new CaseResult("A.a", Verdict.PASSED, ""),
            new CaseResult("A.b", Verdict.FAILED, "two lines and a tab"));
    Files.writeString(file, "half a li");
    org.assertj.core.api.Assertions.assertThatIOException()
        .isThrownBy(() -> ResultFile.read(file))
        .withMessageContaining("half a li");
  }

  private List<CaseResult> run(String packageName) {
    return Suite.of(packageName).run(new PrintStream(log, true, StandardCharsets.UTF_8));
  }
}
