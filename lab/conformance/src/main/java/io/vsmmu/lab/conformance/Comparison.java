package io.vsmmu.lab.conformance;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What the same cases gave on the simulator and on a kernel. */
final class Comparison {

  /**
   * A case at both places.
   *
   * @param simulator null when the case was not run there, which is right for those of {@link
   *     #kernelOnly}
   * @param kernel null when it was not run there
   */
  record Row(
      String name,
      @Nullable CaseResult simulator,
      @Nullable CaseResult kernel,
      boolean kernelOnly) {

    /** What is wrong; empty when nothing is. */
    Optional<String> complaint() {
      if (kernel == null) {
        return Optional.of("was not run on the kernel");
      }
      if (simulator == null) {
        return kernelOnly
            ? complaintOf("kernel", kernel)
            : Optional.of("was not run on the simulator");
      }
      return complaintOf("simulator", simulator).or(() -> complaintOf("kernel", kernel));
    }

    /** Whether it was seen on the kernel. */
    boolean seenOnKernel() {
      return kernel != null && kernel.verdict() == Verdict.PASSED;
    }

    private static Optional<String> complaintOf(String place, CaseResult result) {
      return switch (result.verdict()) {
        case PASSED -> Optional.empty();
        // The simulator can be made into anything; a kernel runs on the machine it has.
        case NOT_PRODUCED ->
            place.equals("kernel")
                ? Optional.empty()
                : Optional.of(place + ": not produced: " + result.reason());
        case FAILED, SKIPPED ->
            Optional.of(place + ": " + result.verdict() + ": " + result.reason());
      };
    }
  }

  private final List<Row> rows;

  private Comparison(List<Row> rows) {
    this.rows = rows;
  }

  /**
   * Joins results by their names.
   *
   * @param kernelOnly names of classes whose cases are about what the simulator does not have
   * @throws IllegalArgumentException when a place has two results of one name
   */
  static Comparison of(
      List<CaseResult> simulator, List<CaseResult> kernel, List<String> kernelOnly) {
    SequencedMap<String, CaseResult> there = byName(simulator);
    SequencedMap<String, CaseResult> here = byName(kernel);
    List<String> names = new ArrayList<>(there.keySet());
    here.keySet().stream().filter(name -> !there.containsKey(name)).forEach(names::add);
    return new Comparison(
        names.stream()
            .map(name ->
                new Row(
                    name,
                    there.get(name),
                    here.get(name),
                    kernelOnly.contains(name.replaceFirst("\\..*", ""))))
            .toList());
  }

  List<Row> rows() {
    return rows;
  }

  /** Whether every case gave at both places what it must. */
  boolean agrees() {
    return !rows.isEmpty() && rows.stream().allMatch(row -> row.complaint().isEmpty());
  }

  private static SequencedMap<String, CaseResult> byName(List<CaseResult> results) {
    Map<String, Long> counts =
        results.stream().collect(Collectors.groupingBy(CaseResult::name, Collectors.counting()));
    SequencedMap<String, CaseResult> byName = new LinkedHashMap<>();
    for (CaseResult result : results) {
      if (counts.getOrDefault(result.name(), 0L) > 1) {
        throw new IllegalArgumentException("two results of the name " + result.name());
      }
      byName.put(result.name(), result);
    }
    return byName;
  }
}
