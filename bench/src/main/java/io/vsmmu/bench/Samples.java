package io.vsmmu.bench;

import java.util.List;

/** Many measurements of one thing. */
public record Samples(List<Double> sorted) {

  public Samples {
    if (sorted.isEmpty()) {
      throw new IllegalArgumentException("nothing was measured");
    }
    sorted = sorted.stream().sorted().toList();
  }

  public static Samples of(List<Double> measured) {
    return new Samples(measured);
  }

  public double median() {
    return percentile(50);
  }

  /**
   * The smallest that so many of a hundred do not exceed.
   *
   * @param percent above 0, up to 100
   */
  public double percentile(double percent) {
    if (!(percent > 0) || percent > 100) {
      throw new IllegalArgumentException(percent + " is no percentile");
    }
    return sorted.get((int) Math.ceil(percent / 100 * sorted.size()) - 1);
  }
}
