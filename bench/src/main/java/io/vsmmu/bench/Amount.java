package io.vsmmu.bench;

import java.time.Duration;
import java.util.Locale;

/** How much of something was measured. */
public record Amount(double value, Unit unit) {

  /** What is counted. */
  public enum Unit {
    SECONDS,
    BYTES,
    WRITES
  }

  public static Amount seconds(double value) {
    return new Amount(value, Unit.SECONDS);
  }

  public static Amount of(Duration duration) {
    return seconds(duration.toNanos() / 1e9);
  }

  public static Amount bytes(double value) {
    return new Amount(value, Unit.BYTES);
  }

  public static Amount writes(double value) {
    return new Amount(value, Unit.WRITES);
  }

  /** With three digits and the prefix that fits. */
  @Override
  public String toString() {
    return switch (unit) {
      case SECONDS ->
          value < 1e-3
              ? digits(value * 1e6) + " us"
              : value < 1 ? digits(value * 1e3) + " ms" : digits(value) + " s";
      case BYTES ->
          value < 1 << 20 ? digits(value / (1 << 10)) + " KiB" : digits(value / (1 << 20)) + " MiB";
      case WRITES -> digits(value) + (value == 1 ? " write" : " writes");
    };
  }

  private static String digits(double number) {
    String format = number < 10 ? "%.2f" : number < 100 ? "%.1f" : "%.0f";
    return String.format(Locale.ROOT, format, number);
  }
}
