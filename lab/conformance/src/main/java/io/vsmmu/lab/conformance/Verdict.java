package io.vsmmu.lab.conformance;

/** How a case ended at one place. */
enum Verdict {
  PASSED("passed"),
  FAILED("FAILED"),
  /** The place does not have what the case needs; nothing was seen. */
  NOT_PRODUCED("not producible"),
  /** A test that somebody switched off. */
  SKIPPED("SKIPPED");

  private final String word;

  Verdict(String word) {
    this.word = word;
  }

  @Override
  public String toString() {
    return word;
  }
}
