package io.vsmmu.demo;

import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Tells the story: a line per step, with the seconds since the start. */
final class Narrator {
  private final PrintStream out;
  private final long started = System.nanoTime();

  Narrator(PrintStream out) {
    this.out = out;
  }

  /** Something happened. */
  void step(String what) {
    out.printf(Locale.ROOT, "%5.1f s  %s%n", elapsed().toMillis() / 1000.0, what);
  }

  /** Why it happened, or what it means. */
  void because(String why) {
    out.printf("         %s%n", why);
  }

  void lines(List<String> lines) {
    lines.forEach(line -> out.println("         " + line));
  }

  void blank() {
    out.println();
  }

  Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - started);
  }
}
