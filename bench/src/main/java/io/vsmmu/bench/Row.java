package io.vsmmu.bench;

/**
 * A line of the table.
 *
 * @param measured what our code did
 * @param ours how much that took
 * @param against the bare work that it is measured against, in the same run
 * @param bare how much that took
 */
public record Row(String measured, Amount ours, String against, Amount bare) {

  public Row {
    if (ours.unit() != bare.unit()) {
      throw new IllegalArgumentException(
          measured + ": " + ours + " and " + bare + " cannot be compared");
    }
  }

  /** How many times the bare work. */
  public double ratio() {
    return ours.value() / bare.value();
  }
}
