package io.vsmmu.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Shortens what {@code vsmmu receive --verify} prints: every device goes the same way. */
final class Digest {
  private static final Pattern OF_A_DEVICE =
      Pattern.compile("([0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7]): .*");

  private Digest() {}

  /** All lines but the manifest and the steps of the devices after the first, which are counted. */
  static List<String> of(List<String> printed) {
    var lines = new ArrayList<String>();
    String first = null;
    int others = 0;
    for (var line : printed) {
      var step = OF_A_DEVICE.matcher(line);
      if (step.matches()) {
        if (first == null) {
          first = step.group(1);
        }
        if (!first.equals(step.group(1))) {
          others++;
          continue;
        }
      } else if (others > 0) {
        lines.add("... and %d steps for the other devices".formatted(others));
        others = 0;
      }
      if (!line.startsWith(Story.MANIFEST)) {
        lines.add(line);
      }
    }
    return lines;
  }
}
