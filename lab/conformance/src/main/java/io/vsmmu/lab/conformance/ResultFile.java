package io.vsmmu.lab.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Results as a file: a line per case, fields separated by tabs. */
final class ResultFile {
  private ResultFile() {}

  static void write(Path file, List<CaseResult> results) throws IOException {
    Files.write(
        file,
        results.stream()
            .map(result ->
                "%s\t%s\t%s"
                    .formatted(result.name(), result.verdict().name(), oneLine(result.reason())))
            .toList());
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws IOException when it cannot be read, or is something else
   */
  static List<CaseResult> read(Path file) throws IOException {
    List<String> lines = Files.readAllLines(file);
    for (String line : lines) {
      if (line.split("\t", -1).length != 3) {
        throw new IOException(file + " has a line that is no result: " + line);
      }
    }
    return lines.stream().map(line -> line.split("\t", -1)).map(ResultFile::result).toList();
  }

  private static CaseResult result(String[] fields) {
    return new CaseResult(fields[0], Verdict.valueOf(fields[1]), fields[2]);
  }

  private static String oneLine(String text) {
    return text.strip().replaceAll("\\s+", " ");
  }
}
