package io.vsmmu.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What a run prints: a Markdown table, aligned for the eye as well. */
final class Table {
  private static final List<String> HEAD = List.of("what", "ours", "against", "bare", "ratio");
  private static final String RULE = "-";

  private Table() {}

  static String of(List<Row> rows) {
    List<List<String>> lines = new ArrayList<>();
    lines.add(HEAD);
    rows.stream().map(Table::cells).forEach(lines::add);
    List<Integer> widths =
        IntStream.range(0, HEAD.size()).mapToObj(column -> widest(lines, column)).toList();
    return Stream.concat(
            Stream.of(line(HEAD, widths), line(widths.stream().map(RULE::repeat).toList(), widths)),
            lines.stream().skip(1).map(cells -> line(cells, widths)))
        .collect(Collectors.joining("\n"));
  }

  private static List<String> cells(Row row) {
    return List.of(
        row.measured(),
        row.ours().toString(),
        row.against(),
        row.bare().toString(),
        String.format(Locale.ROOT, "%.2f", row.ratio()));
  }

  private static int widest(List<List<String>> lines, int column) {
    return lines.stream().mapToInt(cells -> cells.get(column).length()).max().orElse(0);
  }

  private static String line(List<String> cells, List<Integer> widths) {
    return IntStream.range(0, cells.size())
        .mapToObj(
            column -> cells.get(column) + " ".repeat(widths.get(column) - length(cells, column)))
        .collect(Collectors.joining(" | ", "| ", " |"));
  }

  private static int length(List<String> cells, int column) {
    return cells.get(column).length();
  }
}
