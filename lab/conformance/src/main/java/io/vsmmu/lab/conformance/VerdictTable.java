package io.vsmmu.lab.conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A comparison as people read it: one table, what is wrong, and a line with the sum. */
final class VerdictTable {
  private static final String NOT_RUN = "-";

  private VerdictTable() {}

  static List<String> lines(Comparison comparison) {
    int width = comparison.rows().stream().mapToInt(row -> row.name().length()).max().orElse(0);
    String format = "%-" + Math.max(width, 4) + "s  %-14s  %s";
    List<String> lines = new ArrayList<>();
    lines.add(String.format(Locale.ROOT, format, "CASE", "SIMULATOR", "KERNEL"));
    for (Comparison.Row row : comparison.rows()) {
      lines.add(
          String.format(
              Locale.ROOT, format, row.name(), verdict(row.simulator()), kernelVerdict(row)));
    }
    comparison
        .rows()
        .forEach(row ->
            row.complaint().ifPresent(complaint -> lines.add(row.name() + ": " + complaint)));
    lines.add(sum(comparison));
    return lines;
  }

  private static String sum(Comparison comparison) {
    long wrong = comparison.rows().stream().filter(row -> row.complaint().isPresent()).count();
    long seen =
        comparison.rows().stream()
            .filter(row -> row.complaint().isEmpty() && row.seenOnKernel())
            .count();
    long unseen = comparison.rows().size() - seen - wrong;
    return String.format(
        Locale.ROOT,
        "%d cases as they must be on the kernel, %d wrong, %d that this machine cannot produce"
            + " (not counted)",
        seen,
        wrong,
        unseen);
  }

  private static String kernelVerdict(Comparison.Row row) {
    CaseResult kernel = row.kernel();
    return kernel != null && kernel.verdict() == Verdict.NOT_PRODUCED
        ? kernel.verdict() + ": " + kernel.reason()
        : verdict(kernel);
  }

  private static String verdict(@Nullable CaseResult result) {
    return result == null ? NOT_RUN : result.verdict().toString();
  }
}
