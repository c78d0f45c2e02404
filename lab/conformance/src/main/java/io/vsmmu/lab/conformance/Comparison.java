package io.vsmmu.lab.conformance;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What the same cases gave on the simulator and on a kernel. */
final class Comparison {

  /** Where a case has to pass. */
  enum Demand {
    EVERYWHERE,
    /** It is about what the simulator does not have. */
    ON_THE_KERNEL,
    /** It is about a machine that the kernel may not run on; there it may be not producible. */
    ON_THE_SIMULATOR
  }

  /**
   * A case at both places.
   *
   * @param simulator null when the case was not run there
   * @param kernel null when it was not run there
   */
  record Row(
      String name, Demand demand, @Nullable CaseResult simulator, @Nullable CaseResult kernel) {

    /** What is wrong; empty when nothing is. */
    Optional<String> complaint() {
      Optional<String> there =
          demand == Demand.ON_THE_KERNEL
              ? Optional.empty()
              : complaintOf("simulator", simulator, false);
      return there.or(() -> complaintOf("kernel", kernel, demand == Demand.ON_THE_SIMULATOR));
    }

    /** Whether it was seen on the kernel. */
    boolean seenOnKernel() {
      return kernel != null && kernel.verdict() == Verdict.PASSED;
    }

    private static Optional<String> complaintOf(
        String place, @Nullable CaseResult result, boolean mayBeNotProduced) {
      if (result == null) {
        return Optional.of("was not run on the " + place);
      }
      return switch (result.verdict()) {
        case PASSED -> Optional.empty();
        case NOT_PRODUCED ->
            mayBeNotProduced
                ? Optional.empty()
                : Optional.of(place + " did not have what it needs: " + result.reason());
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
   * @param demands where the cases of a class, given by its simple name, have to pass
   * @throws IllegalArgumentException when a place has two results of one name
   */
  static Comparison of(
      List<CaseResult> simulator, List<CaseResult> kernel, Function<String, Demand> demands) {
    SequencedMap<String, CaseResult> there = byName(simulator);
    SequencedMap<String, CaseResult> here = byName(kernel);
    SequencedSet<String> names = new LinkedHashSet<>(there.keySet());
    names.addAll(here.keySet());
    return new Comparison(
        names.stream()
            .map(name ->
                new Row(
                    name,
                    demands.apply(name.replaceFirst("\\..*", "")),
                    there.get(name),
                    here.get(name)))
            .toList());
  }

  /**
   * What several nodes with one kernel gave together: what one of them cannot produce another may.
   */
  static List<CaseResult> together(List<List<CaseResult>> nodes) {
    List<CaseResult> all = nodes.stream().flatMap(List::stream).toList();
    Set<String> produced =
        all.stream()
            .filter(result -> result.verdict() != Verdict.NOT_PRODUCED)
            .map(CaseResult::name)
            .collect(Collectors.toSet());
    Set<String> missed = new HashSet<>();
    return all.stream()
        .filter(result ->
            result.verdict() != Verdict.NOT_PRODUCED
                || (!produced.contains(result.name()) && missed.add(result.name())))
        .toList();
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
